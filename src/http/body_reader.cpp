#include "http/body_reader.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace labstore::http {
namespace {

constexpr std::string_view continue_head = "HTTP/1.1 100 Continue\r\n\r\n";

/// Where forgotten bytes go; all connections of a thread write over one another here.
mutable_byte_span discard_room() noexcept {
    thread_local std::array<std::byte, 64 * KiB> room;
    return room;
}

}  // namespace

void body_reader::begin(const head_facts& facts) noexcept {
    decoder_.reset();
    chunked_ = facts.chunked;
    remaining_ = facts.content_length.value_or(0);
    bytes_read_ = 0;
    failed_ = false;
    // A client whose body has begun to arrive did not wait (RFC 9110 10.1.1). One with an empty body does: botocore
    // keeps the status line of a final answer that came first for the connection's next response and then hangs.
    awaits_continue_ = facts.expects_continue && (facts.chunked || facts.content_length) && buffer_.empty();
    peer_.reset_rate();
}

runtime::awaitable<result<std::size_t>> body_reader::read(mutable_byte_span room) {
    if (failed_)
        co_return errc::cancelled;
    if (room.empty())
        co_return std::size_t{0};
    if (awaits_continue_) {
        const auto sent = co_await send_continue();
        if (!sent)
            co_return fail(sent.error());
    }
    if (ended())
        co_return std::size_t{0};
    auto reading = chunked_ ? read_chunked(room) : read_sized(room);
    const auto got = co_await std::move(reading);
    if (!got)
        co_return fail(got.error());
    bytes_read_ += *got;
    co_return got;
}

runtime::awaitable<result<std::size_t>> body_reader::read_sized(mutable_byte_span room) {
    room = room.first(std::min<std::uint64_t>(room.size(), remaining_));
    std::size_t size = 0;
    if (!buffer_.empty()) {
        size = std::min(room.size(), buffer_.unread().size());
        std::memcpy(room.data(), buffer_.unread().data(), size);
        buffer_.consume(size);
    } else {
        size = peer_.try_read(room).bytes;
        if (size == 0) {
            const auto got = co_await peer_.read_some(room, waiting::body);
            LABSTORE_CO_TRY(got);
            size = *got;
        }
        if (size == 0)
            co_return errc::incomplete_body;
    }
    remaining_ -= size;
    co_return size;
}

runtime::awaitable<result<std::size_t>> body_reader::read_chunked(mutable_byte_span room) {
    while (true) {
        if (!buffer_.empty()) {
            const auto done = decoder_.decode(buffer_.unread(), room);
            LABSTORE_CO_TRY(done);
            buffer_.consume(done->consumed);
            if (done->produced > 0 || decoder_.finished())
                co_return done->produced;
        }
        // The bytes of a chunk go straight to their place; its framing goes through the buffer.
        const auto chunk_bytes = std::min<std::uint64_t>(room.size(), decoder_.chunk_remaining());
        auto target = buffer_.room();
        if (chunk_bytes > 0)
            target = room.first(chunk_bytes);
        const auto got = co_await peer_.read_some(target, waiting::body);
        LABSTORE_CO_TRY(got);
        if (*got == 0)
            co_return errc::incomplete_body;
        if (chunk_bytes > 0) {
            decoder_.skip_chunk_bytes(*got);
            co_return *got;
        }
        buffer_.filled(*got);
    }
}

runtime::awaitable<result<void>> body_reader::send_continue() {
    awaits_continue_ = false;
    // The client may have lost patience while the request was being checked.
    buffer_.filled(peer_.try_read(buffer_.room()).bytes);
    if (!buffer_.empty())
        co_return result<void>();
    std::array parts{asio::const_buffer(continue_head.data(), continue_head.size())};
    const auto sent = co_await peer_.write_all(parts);
    co_return sent;
}

error_code body_reader::fail(error_code failure) noexcept {
    failed_ = true;
    return failure;
}

runtime::awaitable<bool> body_reader::drain(std::uint64_t bytes_max) {
    std::uint64_t drained = 0;
    while (!ended()) {
        const auto got = co_await read(discard_room());
        if (!got)
            co_return false;
        drained += *got;
        if (drained > bytes_max)
            co_return false;
    }
    co_return true;
}

}  // namespace labstore::http
