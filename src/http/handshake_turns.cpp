#include "http/handshake_turns.hpp"

namespace labstore::http {

namespace asio = boost::asio;

runtime::awaitable<void> handshake_turns::take() {
    if (!std::exchange(taken_, true))
        co_return;
    auto queue = [this](runtime::resumer<bool> wake) {
        waiting_.push_back(std::move(wake));
    };
    auto waiting = runtime::suspend<bool>(queue);
    static_cast<void>(co_await std::move(waiting));
}

runtime::awaitable<void> handshake_turns::pass() {
    const auto executor = co_await asio::this_coro::executor;
    auto round = asio::post(executor, asio::use_awaitable);
    co_await std::move(round);
    if (waiting_.empty()) {
        taken_ = false;
        co_return;
    }
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    next(true);
}

}  // namespace labstore::http
