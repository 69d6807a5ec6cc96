#include "labstore/http/service.hpp"

#include "http/io_thread.hpp"
#include "http/session.hpp"

#include <algorithm>
#include <array>

namespace labstore::http {
namespace {

class service_impl final : public service {
  public:
    service_impl(
        options limits,
        server_identity self,
        runtime::io_threads& threads,
        handler& requests,
        net::tls_server* tls
    );
    ~service_impl() override;

    void on_connection(net::socket peer, runtime::limit::holding counted) override;
    void on_refused(net::socket peer) override;
    void begin_drain() override;
    bool finish_drain(std::chrono::milliseconds limit) override;

    [[nodiscard]] std::size_t connections() const noexcept override {
        return settings_.connections.load(std::memory_order_relaxed);
    }

    [[nodiscard]] std::size_t requests_in_flight() const noexcept override;

  private:
    [[nodiscard]] io_thread& thread_of(net::socket& peer) noexcept;

    service_settings settings_;
    std::vector<std::unique_ptr<io_thread>> threads_;
};

service_impl::service_impl(
    options limits,
    server_identity self,
    runtime::io_threads& threads,
    handler& requests,
    net::tls_server* tls
)
    : settings_{
          .limits = limits,
          .server_name = std::move(self.name),
          .host_id = std::move(self.host_id),
          .requests = requests,
          .tls = tls,
      } {
    for (std::size_t i = 0; i < threads.size(); ++i)
        threads_.push_back(std::make_unique<io_thread>(threads.context(i), settings_));
}

service_impl::~service_impl() {
    finish_drain(std::chrono::milliseconds(0));
}

io_thread& service_impl::thread_of(net::socket& peer) noexcept {
    auto& context = peer.get_executor().context();
    const auto found = std::find_if(threads_.begin(), threads_.end(), [&](const auto& each) {
        return &each->context == &context;
    });
    LABSTORE_ASSERT(found != threads_.end());
    return **found;
}

std::size_t service_impl::requests_in_flight() const noexcept {
    std::int64_t sum = 0;
    for (const auto& thread : threads_)
        sum += thread->requests_in_flight();
    return static_cast<std::size_t>(sum);
}

void service_impl::on_connection(net::socket peer, runtime::limit::holding counted) {
    auto& thread = thread_of(peer);
    auto served = std::make_unique<session>(std::move(peer), std::move(counted), thread);
    thread.sessions.spawn(thread.context.get_executor(), session::run(std::move(served)));
}

void service_impl::on_refused(net::socket peer) {
    // An answer would need a handshake, which takes a place among the connections that there is not.
    if (settings_.tls != nullptr)
        return;
    auto& thread = thread_of(peer);
    std::string request_id;
    thread.ids.next(request_id);
    const auto [head, body, code] = settings_.requests.make_error(errc::slow_down, {}, request_id);
    const wire_fields fields{
        .server_name = settings_.server_name,
        .date = thread.date.now(),
        .request_id = request_id,
        .host_id = settings_.host_id,
        .content_length = body.size(),
        .close = true,
    };
    std::string answer;
    write_wire_head(answer, head, fields);
    answer += body;
    connection refused(std::move(peer), rate_meter(settings_.limits.rate_window, 0));
    // What has arrived is read, since closing over unread bytes would reset the answer away.
    std::array<std::byte, 16 * KiB> forgotten;
    std::array parts{asio::const_buffer(answer.data(), answer.size())};
    std::span<asio::const_buffer> unsent(parts);
    static_cast<void>(refused.try_read(forgotten));
    static_cast<void>(refused.try_write(unsent));
    refused.shutdown_send();
    static_cast<void>(refused.try_read(forgotten));
}

runtime::awaitable<void> end_idle(io_thread& thread) {
    thread.sweep_now();
    co_return;
}

runtime::awaitable<void> cut_all(io_thread& thread) {
    thread.cut_all();
    co_return;
}

void service_impl::begin_drain() {
    settings_.draining.store(true, std::memory_order_relaxed);
    // A session that starts after this look sees the flag by itself; threads without sessions need not even
    // run.
    for (auto& thread : threads_)
        if (thread->sessions.running() + thread->sweeper.running() > 0)
            thread->sweeper.spawn(thread->context.get_executor(), end_idle(*thread));
}

bool service_impl::finish_drain(std::chrono::milliseconds limit) {
    begin_drain();
    const auto end = std::chrono::steady_clock::now() + limit;
    bool all_ended = true;
    for (auto& thread : threads_) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        all_ended = thread->sessions.wait_for(std::max(left, std::chrono::milliseconds(0))) && all_ended;
    }
    for (auto& thread : threads_) {
        thread->sessions.stop();
        if (thread->sessions.running() > 0)
            thread->sweeper.spawn(thread->context.get_executor(), cut_all(*thread));
    }
    for (auto& thread : threads_) {
        thread->sessions.wait();
        thread->sweeper.wait();
    }
    return all_ended;
}

}  // namespace

std::unique_ptr<service> make_service(
    options settings,
    server_identity self,
    runtime::io_threads& threads,
    handler& requests,
    net::tls_server* tls
) {
    return std::make_unique<service_impl>(settings, std::move(self), threads, requests, tls);
}

}  // namespace labstore::http
