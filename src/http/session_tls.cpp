// How a session begins where the server speaks HTTPS.
#include "http/session.hpp"
#include "labstore/observability.hpp"

namespace labstore::http {
namespace {

constexpr std::string_view plain_http_answer =
    "This port speaks HTTPS: the endpoint is https://, not http://.\n";

}  // namespace

/// True when requests may be read.
runtime::awaitable<bool> session::secure() {
    const auto end = std::chrono::steady_clock::now() + thread_.settings.tls->handshake_time_max();
    connection_.set_deadline(end);
    // Most clients have to be waited for, and a thread that accepts many at once goes on accepting meanwhile.
    const auto waited = co_await connection_.wait_for_handshake(net::tls_link::need::readable);
    if (!waited)
        co_return false;
    const auto begins = connection_.look_at_opening();
    if (begins == connection::opening::plain_http)
        co_await refuse_plain_http();
    if (begins != connection::opening::tls)
        co_return false;
    const bool shaken = co_await shake_hands(end);
    co_return shaken;
}

runtime::awaitable<bool> session::shake_hands(steady_time end) {
    using need = net::tls_link::need;
    while (true) {
        co_await thread_.handshakes.take();
        net::tls_link::step step{need::ended, 0};
        // Nothing is computed for a client whose time went by in the queue: that is how a storm of them is outlived.
        if (connection_.is_open() && std::chrono::steady_clock::now() < end)
            step = connection_.try_handshake();
        co_await thread_.handshakes.pass();
        if (step.what == need::nothing)
            co_return true;
        if (step.what == need::failed)
            log::write(
                log::level::debug,
                "TLS handshake failed",
                {{"remote", exchange_.remote_address()}, {"reason", connection_.tls_failure()}}
            );
        if (step.what != need::readable && step.what != need::writable)
            co_return false;
        const auto waited = co_await connection_.wait_for_handshake(step.what);
        if (!waited)
            co_return false;
    }
}

runtime::awaitable<void> session::refuse_plain_http() {
    connection_.forget_tls();
    request_start_ = std::chrono::steady_clock::now();
    exchange_.begin_refused();
    response_head head(400);
    head.add("Content-Type", "text/plain");
    auto answering = exchange_.respond(std::move(head), std::string(plain_http_answer));
    const auto answered = co_await std::move(answering);
    report();
    if (answered)
        co_await linger(linger_after_bad_head_bytes_max);
}

}  // namespace labstore::http
