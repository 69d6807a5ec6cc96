#include "http/connection.hpp"

#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace labstore::http {

connection::connection(net::socket peer, rate_meter rate, net::tls_server* tls)
    : socket_(std::move(peer)), rate_(rate) {
    error_code ignored;
    socket_.non_blocking(true, ignored);
    if (tls != nullptr)
        tls_ = tls->link(socket_.native_handle());
}

connection::~connection() {
    if (tls_ && !cut_)
        tls_->close_notify();
}

connection::attempt connection::try_read(mutable_byte_span room) noexcept {
    LABSTORE_ASSERT(!room.empty());
    if (tls_)
        return try_read_tls(room);
    error_code failure;
    const auto bytes = socket_.read_some(asio::buffer(room.data(), room.size()), failure);
    if (!failure) {
        rate_.moved(bytes);
        return {.bytes = bytes};
    }
    if (failure == asio::error::would_block || failure == asio::error::try_again)
        return {.would_block = true};
    if (failure == asio::error::eof)
        return {.ended = true};
    return {.failed = true};
}

runtime::awaitable<result<void>> connection::wait_readable(waiting what) {
    // TLS may have taken more from the socket than was read here.
    if (tls_ && tls_->has_unread())
        return no_wait();
    return wait(read_waits_for_, what);
}

runtime::awaitable<result<void>> connection::no_wait() {
    co_return result<void>();
}

runtime::awaitable<result<std::size_t>> connection::read_some(mutable_byte_span room, waiting what) {
    while (true) {
        const auto got = try_read(room);
        if (got.failed)
            co_return errc::cancelled;
        if (!got.would_block)
            co_return got.bytes;
        const auto waited = co_await wait(read_waits_for_, what);
        LABSTORE_CO_TRY(waited);
    }
}

connection::attempt connection::try_write(std::span<asio::const_buffer>& parts, more_follows more) noexcept {
    if (tls_)
        return try_write_tls(parts, more);
    const int flags = more == more_follows::yes ? MSG_MORE : 0;
    attempt done;
    while (true) {
        while (!parts.empty() && parts.front().size() == 0)
            parts = parts.subspan(1);
        if (parts.empty())
            return done;
        error_code failure;
        auto bytes = socket_.send(parts, flags, failure);
        done.would_block = failure == asio::error::would_block || failure == asio::error::try_again;
        done.failed = failure && !done.would_block;
        if (failure)
            return done;
        rate_.moved(bytes);
        done.bytes += bytes;
        for (auto& part : parts) {
            const auto used = std::min(bytes, part.size());
            part += used;
            bytes -= used;
        }
    }
}

runtime::awaitable<result<void>> connection::write_all(std::span<asio::const_buffer> parts) {
    while (true) {
        const auto done = try_write(parts);
        if (done.failed)
            co_return errc::cancelled;
        if (parts.empty())
            co_return result<void>();
        const auto waited = co_await wait_writable();
        LABSTORE_CO_TRY(waited);
    }
}

connection::attempt connection::try_send_file(
    int descriptor, std::uint64_t offset, std::uint64_t size_bytes
) noexcept {
    LABSTORE_ASSERT(size_bytes != 0);
    if (tls_)
        return try_send_file_tls(descriptor, offset, size_bytes);
    auto at = static_cast<off_t>(offset);
    ssize_t sent = 0;
    do {
        sent = ::sendfile(socket_.native_handle(), descriptor, &at, size_bytes);
    } while (sent < 0 && errno == EINTR);
    if (sent > 0) {
        rate_.moved(static_cast<std::size_t>(sent));
        return {.bytes = static_cast<std::size_t>(sent)};
    }
    if (sent < 0 && errno == EAGAIN)
        return {.would_block = true};
    return {.failed = true};
}

runtime::awaitable<result<void>> connection::wait_writable() {
    return wait(write_waits_for_, waiting::body);
}

void connection::shutdown_send() noexcept {
    if (tls_)
        tls_->close_notify();
    error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

void connection::cut() noexcept {
    if (std::exchange(cut_, true))
        return;
    error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
}

bool connection::peer_gone() noexcept {
    if (cut_)
        return true;
    pollfd looked{.fd = socket_.native_handle(), .events = POLLRDHUP, .revents = 0};
    return ::poll(&looked, 1, 0) > 0 && (looked.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void connection::judge(steady_time now, bool draining) noexcept {
    if (waiting_ == waiting::nothing || timed_out_)
        return;
    const bool over = over_limit(now);
    const bool is_idle = waiting_ == waiting::request || waiting_ == waiting::handshake;
    if (!over && !(draining && is_idle))
        return;
    timed_out_ = over;
    error_code ignored;
    socket_.cancel(ignored);
}

bool connection::over_limit(steady_time now) noexcept {
    if (waiting_ != waiting::body)
        return now >= deadline_;
    rate_.waited(now - accounted_until_);
    accounted_until_ = now;
    return rate_.too_slow();
}

runtime::awaitable<result<void>> connection::wait(asio::socket_base::wait_type direction, waiting what) {
    if (cut_)
        co_return errc::cancelled;
    if (what == waiting::body)
        accounted_until_ = std::chrono::steady_clock::now();
    waiting_ = what;
    error_code failure;
    runtime::work_pause pause;
    co_await socket_.async_wait(direction, asio::redirect_error(asio::use_awaitable, failure));
    pause.end();
    waiting_ = waiting::nothing;
    if (std::exchange(timed_out_, false))
        co_return errc::request_timeout;
    if (failure)
        co_return errc::cancelled;
    if (what == waiting::body)
        rate_.waited(std::chrono::steady_clock::now() - accounted_until_);
    co_return result<void>();
}

void connection_list::add(connection& added) noexcept {
    added.next = first_;
    added.previous = nullptr;
    if (first_ != nullptr)
        first_->previous = &added;
    first_ = &added;
}

void connection_list::remove(connection& removed) noexcept {
    if (removed.previous != nullptr)
        removed.previous->next = removed.next;
    else
        first_ = removed.next;
    if (removed.next != nullptr)
        removed.next->previous = removed.previous;
}

}  // namespace labstore::http
