#include "load/page_reader.hpp"

#include "load/request_writer.hpp"

namespace labstore::load {
namespace {

constexpr std::size_t page_bytes_max = 4 * MiB;

class page_sink final : public body_sink {
  public:
    void take(byte_span piece) override {
        if (text.size() + piece.size() <= page_bytes_max)
            text.append(as_text(piece));
    }

    std::string text;
};

/// The arguments outlive the task.
awaitable<void> fetch(
    connection& link, const std::string& head, std::chrono::milliseconds time_max, page_sink& page, bool& good
) {
    connection::message sent;
    sent.pieces[0] = as_bytes(head);
    sent.sink = &page;
    const auto got = co_await link.exchange(sent, steady::now() + time_max);
    good = got && got->succeeded();
}

}  // namespace

page_reader::page_reader(
    const target& at,
    std::string_view path,
    std::vector<asio::ip::tcp::endpoint> endpoints,
    const tls_client* tls,
    std::chrono::milliseconds time_max
)
    : endpoints_(std::move(endpoints)),
      head_("GET " + std::string(path) + " HTTP/1.1\r\nHost: " + host_header(at) + "\r\n\r\n"),
      time_max_(time_max),
      buffer_(64 * KiB),
      context_(1),
      link_(context_, endpoints_, tls, buffer_) {}

std::optional<std::string> page_reader::read() {
    page_sink page;
    bool good = false;
    runtime::task_group tasks;
    context_.restart();
    LABSTORE_ASSERT(tasks.spawn(context_.get_executor(), fetch(link_, head_, time_max_, page, good)));
    context_.run_for(time_max_);
    if (tasks.running() > 0) {
        link_.expire(steady::time_point::max());
        context_.restart();
        context_.run();
    }
    tasks.wait();
    return good ? std::optional(std::move(page.text)) : std::nullopt;
}

}  // namespace labstore::load
