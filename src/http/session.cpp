#include "http/session.hpp"

#include <cstdio>
#include <exception>

namespace labstore::http {
namespace {

/// How long, and for how many bytes, a closing connection is read so that the client gets its answer and no
/// reset.
constexpr std::chrono::seconds linger_time_max{2};
constexpr std::uint64_t linger_after_unread_body_bytes_max = 8 * MiB;
/// Larger first reads would only copy more of a body through the buffer.
constexpr std::size_t head_read_bytes_max = 8 * KiB;

std::string to_remote_address(net::socket& peer) {
    error_code failure;
    const auto endpoint = peer.remote_endpoint(failure);
    return failure ? std::string() : endpoint.address().to_string();
}

errc to_answer(refusal why) noexcept {
    return why == refusal::too_large || why == refusal::too_many_lines ? errc::header_too_large
                                                                       : errc::bad_request;
}

mutable_byte_span first_read(mutable_byte_span room) noexcept {
    return room.first(std::min(room.size(), head_read_bytes_max));
}

void print_failure(const char* where) noexcept {
    try {
        throw;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "labstore: %s ended by an exception: %s\n", where, error.what());
    } catch (...) {
        std::fprintf(stderr, "labstore: %s ended by an unknown exception\n", where);
    }
}

}  // namespace

session::session(net::socket peer, runtime::limit::holding counted, io_thread& thread)
    : thread_(thread),
      counted_(std::move(counted)),
      connection_(
          std::move(peer),
          rate_meter(thread.settings.limits.rate_window, thread.settings.limits.rate_floor_bytes_per_second),
          thread.settings.tls
      ),
      buffer_(thread.buffers),
      exchange_(connection_, buffer_, thread, to_remote_address(connection_.socket())),
      scanner_(thread.settings.limits.head_size_bytes_max, thread.settings.limits.header_lines_max) {
    thread_.settings.connections.fetch_add(1, std::memory_order_relaxed);
    thread_.add(connection_);
}

session::~session() {
    thread_.remove(connection_);
    thread_.settings.connections.fetch_sub(1, std::memory_order_relaxed);
}

runtime::awaitable<void> session::run(std::unique_ptr<session> self) {
    // The session's catch: what goes wrong here is this connection's business alone.
    try {
        co_await self->serve();
    } catch (...) {
        print_failure("a connection");
        self->connection_.cut();
    }
}

runtime::awaitable<void> session::serve() {
    bool goes_on = true;
    if (connection_.is_secure())
        goes_on = co_await secure();
    while (goes_on) {
        const auto head = co_await read_head();
        if (head.closed)
            co_return;
        if (head.refused != errc::ok) {
            exchange_.begin_refused();
            co_await refuse(head.refused, linger_after_bad_head_bytes_max);
            co_return;
        }
        goes_on = co_await serve_request(head.size_bytes);
    }
}

runtime::awaitable<session::head_outcome> session::read_head() {
    buffer_.compact();
    scanner_.reset();
    empty_line_skipped_ = false;
    bool started = false;
    while (true) {
        if (!buffer_.empty()) {
            if (!started) {
                request_start_ = std::chrono::steady_clock::now();
                connection_.set_deadline(request_start_ + thread_.settings.limits.head_time_max);
                started = true;
            }
            const auto found = look_for_head();
            if (found.size_bytes > 0 || found.refused != errc::ok)
                co_return found;
        }
        if (!started) {
            const bool has_bytes = co_await wait_for_request();
            if (!has_bytes)
                co_return head_outcome{.closed = true};
            continue;
        }
        const auto got = co_await connection_.read_some(first_read(buffer_.room()), waiting::head);
        if (!got && to_errc(got.error()) == errc::request_timeout)
            co_return head_outcome{.refused = errc::request_timeout};
        if (!got || *got == 0)
            co_return head_outcome{.closed = true};
        buffer_.filled(*got);
    }
}

session::head_outcome session::look_for_head() {
    // RFC 9112 2.2: one empty line before a request is forgiven, since old clients send one after a body.
    if (!empty_line_skipped_ && buffer_.unread_text().front() == '\r') {
        if (buffer_.unread().size() < 2)
            return {};
        if (buffer_.unread_text()[1] != '\n')
            return {.refused = errc::bad_request};
        buffer_.consume(2);
        empty_line_skipped_ = true;
        if (buffer_.empty())
            return {};
    }
    const auto found = scanner_.scan(buffer_.unread_text());
    if (found.why != refusal::none)
        return {.refused = to_answer(found.why)};
    return {.size_bytes = found.head_size_bytes};
}

/// True when the buffer holds the first bytes of a request. An idle connection keeps no buffer.
runtime::awaitable<bool> session::wait_for_request() {
    connection_.set_deadline(std::chrono::steady_clock::now() + thread_.settings.limits.idle_time_max);
    buffer_.release();
    exchange_.shrink();
    // Not tried first: the next request is hardly ever there when the last response has just gone out.
    result<void> waited = errc::cancelled;
    if (!thread_.settings.draining.load(std::memory_order_relaxed))
        waited = co_await connection_.wait_readable(waiting::request);
    // Even when the wait was ended: a draining server still serves a request that has already arrived.
    const auto got = connection_.try_read(first_read(buffer_.room()));
    buffer_.filled(got.bytes);
    co_return got.bytes > 0 || (got.would_block && waited);
}

runtime::awaitable<bool> session::serve_request(std::size_t head_size_bytes) {
    const auto bytes = buffer_.unread_text().substr(0, head_size_bytes);
    const auto why = parse_head(bytes, exchange_.next_head());
    if (why != refusal::none) {
        exchange_.begin_refused();
        co_await refuse(to_answer(why), linger_after_bad_head_bytes_max);
        co_return false;
    }
    buffer_.keep_head(head_size_bytes);
    exchange_.begin();
    co_await call_handler();
    const bool goes_on = co_await finish_request();
    co_return goes_on;
}

runtime::awaitable<void> session::call_handler() {
    // The request's catch: the client learns that it was us, the operator learns what it was.
    const io_thread::busy_request counted(thread_);
    runtime::set_current_work(&exchange_.context().label);
    try {
        co_await thread_.settings.requests.handle(exchange_);
    } catch (...) {
        print_failure("a request handler");
        runtime::set_current_work(&exchange_.context().label);
    }
    if (!exchange_.responded())
        co_await answer(errc::internal);
    else if (!exchange_.complete())
        exchange_.abort();
    report();
    runtime::set_current_work(nullptr);
}

runtime::awaitable<void> session::answer(errc error) {
    auto [head, body, code] =
        thread_.settings.requests.make_error(error, exchange_.head().target, exchange_.context().request_id);
    exchange_.notes().error_code = code;
    auto answering = exchange_.respond(std::move(head), std::move(body));
    const auto answered = co_await std::move(answering);
    // A failure has cut the connection already; there is nobody left to tell.
    static_cast<void>(answered);
}

runtime::awaitable<void> session::refuse(errc error, std::uint64_t linger_bytes_max) {
    co_await answer(error);
    report();
    co_await linger(linger_bytes_max);
}

/// True when the connection is good for another request.
runtime::awaitable<bool> session::finish_request() {
    if (!connection_.is_open())
        co_return false;
    auto& body = exchange_.body();
    if (exchange_.closes() || body.failed()) {
        if (!body.ended())
            co_await linger(linger_after_unread_body_bytes_max);
        co_return false;
    }
    if (body.ended())
        co_return true;
    const bool drained = co_await body.drain(thread_.settings.limits.unread_body_bytes_max);
    if (!drained)
        co_await linger(linger_after_unread_body_bytes_max);
    co_return drained;
}

runtime::awaitable<void> session::linger(std::uint64_t bytes_max) {
    connection_.shutdown_send();
    connection_.set_deadline(std::chrono::steady_clock::now() + linger_time_max);
    std::uint64_t read_bytes = 0;
    buffer_.compact();
    while (read_bytes <= bytes_max) {
        buffer_.consume(buffer_.unread().size());
        const auto got = co_await connection_.read_some(buffer_.room(), waiting::linger);
        if (!got || *got == 0)
            co_return;
        read_bytes += *got;
    }
}

void session::report() {
    thread_.settings.requests.on_finished(exchange_.summarize(request_start_));
}

}  // namespace labstore::http
