#include "labstore/runtime.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>

namespace labstore::runtime {
namespace {

constexpr std::chrono::milliseconds stop_check_interval{100};

}  // namespace

awaitable<result<void>> sleep_for(std::chrono::milliseconds duration, const task_group& group) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    const auto end = std::chrono::steady_clock::now() + duration;
    while (!group.stopping()) {
        const auto now = std::chrono::steady_clock::now();
        if (now >= end)
            co_return result<void>();
        timer.expires_at(std::min(end, now + stop_check_interval));
        error_code ignored;
        work_pause pause;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        pause.end();
    }
    co_return errc::cancelled;
}

}  // namespace labstore::runtime
