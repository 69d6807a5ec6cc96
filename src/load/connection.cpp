#include "load/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <utility>

namespace labstore::load {
namespace {

constexpr std::size_t error_body_bytes_max = 4 * KiB;

using tcp = asio::ip::tcp;

bool would_wait(const error_code& code) noexcept {
    return code == asio::error::would_block || code == asio::error::try_again;
}

}  // namespace

connection::connection(
    asio::io_context& context,
    const std::vector<tcp::endpoint>& endpoints,
    const tls_client* tls,
    mutable_byte_span read_buffer
)
    : socket_(context), endpoints_(endpoints), tls_(tls), read_buffer_(read_buffer) {}

void connection::close() noexcept {
    error_code ignored;
    link_.reset();
    socket_.close(ignored);
}

void connection::expire(steady::time_point now) {
    if (now < deadline_)
        return;
    timed_out_ = true;
    deadline_ = steady::time_point::max();
    close();
}

/// The connection cannot be used further; time_out wins over what the closing caused.
error_code connection::closed(const error_code& why) {
    close();
    return timed_out_ ? make_error_code(errc::timed_out) : why;
}

awaitable<result<answer>> connection::exchange(message sent, steady::time_point deadline) {
    deadline_ = deadline;
    timed_out_ = false;
    const bool reused = socket_.is_open();
    parser_.start(sent.to_head);
    auto got = co_await attempt(sent);
    // A server may close a kept connection at any moment; the request that meets it was not looked at.
    if (!got && reused && sent.repeatable && !timed_out_ && parser_.untouched()) {
        parser_.start(sent.to_head);
        got = co_await attempt(sent);
    }
    deadline_ = steady::time_point::max();
    co_return got;
}

awaitable<result<answer>> connection::attempt(const message& sent) {
    if (!socket_.is_open()) {
        const auto opened = co_await open();
        LABSTORE_CO_TRY(opened);
    }
    const auto written = co_await send(sent);
    LABSTORE_CO_TRY(written);
    auto got = co_await receive(sent);
    if (got && !parser_.keep_alive())
        close();
    co_return got;
}

awaitable<result<void>> connection::open() {
    error_code failure = asio::error::host_not_found;
    for (const auto& endpoint : endpoints_) {
        close();
        co_await socket_.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, failure));
        if (!failure || timed_out_)
            break;
    }
    if (!failure)
        socket_.set_option(tcp::no_delay(true), failure);
    if (!failure)
        socket_.non_blocking(true, failure);
    if (failure || timed_out_)
        co_return closed(failure);
    if (tls_ != nullptr) {
        const auto shaken = co_await shake_hands();
        LABSTORE_CO_TRY(shaken);
    }
    ++opened_;
    co_return result<void>();
}

awaitable<result<void>> connection::shake_hands() {
    link_.emplace(*tls_, socket_.native_handle());
    while (true) {
        const auto done = judge(link_->handshake());
        if (done.failure)
            co_return closed(done.failure);
        if (done.ended)
            co_return closed(make_error_code(errc::cancelled));
        if (!done.waits)
            co_return result<void>();
        const auto waited = co_await wait(*done.waits);
        LABSTORE_CO_TRY(waited);
    }
}

awaitable<result<void>> connection::wait(tcp::socket::wait_type direction) {
    error_code failure;
    co_await socket_.async_wait(direction, asio::redirect_error(asio::use_awaitable, failure));
    if (failure || timed_out_)
        co_return closed(failure);
    co_return result<void>();
}

connection::moved connection::judge(const tls_link::step& step) const {
    switch (step.what) {
        case tls_link::need::nothing:
            return {.bytes = step.bytes, .waits = {}, .ended = false, .failure = {}};
        case tls_link::need::readable:
            return {.bytes = 0, .waits = tcp::socket::wait_read, .ended = false, .failure = {}};
        case tls_link::need::writable:
            return {.bytes = 0, .waits = tcp::socket::wait_write, .ended = false, .failure = {}};
        case tls_link::need::ended:
            return {.bytes = 0, .waits = {}, .ended = true, .failure = {}};
        case tls_link::need::failed:
            break;
    }
    return {.bytes = 0, .waits = {}, .ended = false, .failure = link_->failure()};
}

connection::moved connection::try_write(std::span<const asio::const_buffer> buffers) {
    if (link_) {
        const auto first = std::ranges::find_if(buffers, [](const auto& each) { return each.size() != 0; });
        LABSTORE_ASSERT(first != buffers.end());
        return judge(link_->write(byte_span(static_cast<const std::byte*>(first->data()), first->size())));
    }
    moved done;
    done.bytes = socket_.write_some(buffers, done.failure);
    if (would_wait(done.failure))
        return {.bytes = 0, .waits = tcp::socket::wait_write, .ended = false, .failure = {}};
    return done;
}

connection::moved connection::try_read() {
    if (link_)
        return judge(link_->read(read_buffer_));
    moved done;
    done.bytes = socket_.read_some(asio::buffer(read_buffer_.data(), read_buffer_.size()), done.failure);
    if (would_wait(done.failure))
        return {.bytes = 0, .waits = tcp::socket::wait_read, .ended = false, .failure = {}};
    if (done.failure == asio::error::eof)
        return {.bytes = 0, .waits = {}, .ended = true, .failure = {}};
    return done;
}

/// Tries first and waits only when the kernel's buffer is full: most requests leave in one call.
awaitable<result<void>> connection::send(const message& sent) {
    auto pieces = sent.pieces;
    std::size_t first = 0;
    const auto pass_sent = [&](std::size_t bytes) {
        for (; first < pieces.size() && bytes >= pieces[first].size(); ++first)
            bytes -= pieces[first].size();
        if (first < pieces.size())
            pieces[first] = pieces[first].subspan(bytes);
    };
    for (pass_sent(0); first < pieces.size();) {
        std::array<asio::const_buffer, 3> buffers;
        for (std::size_t i = first; i < pieces.size(); ++i)
            buffers[i - first] = asio::const_buffer(pieces[i].data(), pieces[i].size());
        const auto done = try_write(buffers);
        if (done.failure || done.ended)
            co_return closed(done.ended ? make_error_code(errc::cancelled) : done.failure);
        if (done.waits) {
            const auto waited = co_await wait(*done.waits);
            LABSTORE_CO_TRY(waited);
        }
        pass_sent(done.bytes);
    }
    co_return result<void>();
}

awaitable<result<answer>> connection::receive(const message& sent) {
    answer got;
    // A plain socket has nothing before the server has worked; what TLS has read ahead no socket tells.
    bool try_now = link_.has_value();
    auto awaited = tcp::socket::wait_read;
    while (true) {
        if (!std::exchange(try_now, false)) {
            const auto waited = co_await wait(awaited);
            LABSTORE_CO_TRY(waited);
        }
        const auto done = try_read();
        if (done.waits) {
            awaited = *done.waits;
            continue;
        }
        if (done.ended) {
            const auto ended = parser_.finish();
            close();
            if (!ended)
                co_return make_error_code(parser_.untouched() ? errc::cancelled : errc::incomplete_body);
            co_return got;
        }
        if (done.failure)
            co_return closed(done.failure);
        const auto taken = take(byte_span(read_buffer_).first(done.bytes), sent, got);
        if (!taken)
            co_return closed(taken.error());
        if (parser_.done())
            co_return got;
        // A buffer that was not filled says that the socket is empty.
        try_now = link_.has_value() || done.bytes == read_buffer_.size();
    }
}

result<void> connection::take(byte_span bytes, const message& sent, answer& into) {
    while (!bytes.empty() && !parser_.done()) {
        const auto step = parser_.feed(bytes);
        LABSTORE_TRY(step);
        bytes = bytes.subspan(step->consumed);
        into.status = parser_.status();
        into.body_bytes += step->body.size();
        if (step->body.empty())
            continue;
        if (!into.succeeded()) {
            const auto room = error_body_bytes_max - std::min(into.error_body.size(), error_body_bytes_max);
            into.error_body.append(as_text(step->body.first(std::min(room, step->body.size()))));
        } else if (sent.sink != nullptr) {
            sent.sink->take(step->body);
        }
    }
    if (!parser_.done())
        return {};
    if (!bytes.empty())
        return errc::bad_request;  // more than was asked for
    into.status = parser_.status();
    into.declared_bytes = parser_.content_length().value_or(into.body_bytes);
    return {};
}

}  // namespace labstore::load
