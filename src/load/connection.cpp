#include "load/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>

#include <algorithm>

namespace labstore::load {
namespace {

constexpr std::size_t error_body_bytes_max = 4 * KiB;

using tcp = asio::ip::tcp;

bool would_wait(const error_code& code) noexcept {
    return code == asio::error::would_block || code == asio::error::try_again;
}

}  // namespace

connection::connection(
    asio::io_context& context, const std::vector<tcp::endpoint>& endpoints, mutable_byte_span read_buffer
)
    : socket_(context), endpoints_(endpoints), read_buffer_(read_buffer) {}

void connection::close() noexcept {
    error_code ignored;
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
        error_code ignored;
        socket_.close(ignored);
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
    ++opened_;
    co_return result<void>();
}

/// Tries first and waits only when the kernel's buffer is full: most requests leave in one call.
awaitable<result<void>> connection::send(const message& sent) {
    auto pieces = sent.pieces;
    for (std::size_t first = 0; first < pieces.size();) {
        std::array<asio::const_buffer, 3> buffers;
        for (std::size_t i = first; i < pieces.size(); ++i)
            buffers[i - first] = asio::const_buffer(pieces[i].data(), pieces[i].size());
        error_code failure;
        auto written = socket_.write_some(buffers, failure);
        if (would_wait(failure)) {
            co_await socket_.async_wait(
                tcp::socket::wait_write, asio::redirect_error(asio::use_awaitable, failure)
            );
        }
        if (failure || timed_out_)
            co_return closed(failure);
        for (; first < pieces.size() && written >= pieces[first].size(); ++first)
            written -= pieces[first].size();
        if (first < pieces.size())
            pieces[first] = pieces[first].subspan(written);
    }
    co_return result<void>();
}

awaitable<result<answer>> connection::receive(const message& sent) {
    answer got;
    while (true) {
        error_code failure;
        co_await socket_.async_wait(
            tcp::socket::wait_read, asio::redirect_error(asio::use_awaitable, failure)
        );
        if (failure || timed_out_)
            co_return closed(failure);
        while (true) {
            const auto room = asio::mutable_buffer(read_buffer_.data(), read_buffer_.size());
            const auto size = socket_.read_some(room, failure);
            if (would_wait(failure))
                break;
            if (failure == asio::error::eof) {
                const auto ended = parser_.finish();
                close();
                if (!ended)
                    co_return make_error_code(parser_.untouched() ? errc::cancelled : errc::incomplete_body);
                co_return got;
            }
            if (failure)
                co_return closed(failure);
            const auto taken = take(byte_span(read_buffer_).first(size), sent, got);
            if (!taken)
                co_return closed(taken.error());
            if (parser_.done())
                co_return got;
            if (size < read_buffer_.size())
                break;
        }
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
