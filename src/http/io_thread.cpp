#include "http/io_thread.hpp"

#include <boost/asio/redirect_error.hpp>

namespace labstore::http {
namespace {

constexpr std::chrono::milliseconds sweep_interval{250};
/// Behind the largest head: the first bytes of its body, and chunk framing.
constexpr std::size_t buffer_room_bytes = 4 * KiB;

}  // namespace

io_thread::io_thread(asio::io_context& thread_context, service_settings& service)
    : context(thread_context),
      settings(service),
      buffers(service.limits.head_size_bytes_max + buffer_room_bytes),
      sweep_timer_(thread_context) {}

void io_thread::add(connection& added) {
    connections_.add(added);
    if (!sweeping_)
        sweeping_ = sweeper.spawn(context.get_executor(), sweep_while_connected());
}

void io_thread::remove(connection& removed) noexcept {
    connections_.remove(removed);
    // Lets a drain see at once that nothing is left.
    if (connections_.empty() && settings.draining.load(std::memory_order_relaxed))
        sweep_now();
}

void io_thread::sweep_now() noexcept {
    sweep_timer_.cancel();
}

void io_thread::sweep() noexcept {
    const auto now = std::chrono::steady_clock::now();
    const bool draining = settings.draining.load(std::memory_order_relaxed);
    connections_.for_each([now, draining](connection& each) { each.judge(now, draining); });
}

void io_thread::cut_all() noexcept {
    connections_.for_each([](connection& each) { each.cut(); });
}

runtime::awaitable<void> io_thread::sweep_while_connected() {
    while (!connections_.empty()) {
        sweep_timer_.expires_after(sweep_interval);
        error_code ignored;
        co_await sweep_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        sweep();
    }
    sweeping_ = false;
}

}  // namespace labstore::http
