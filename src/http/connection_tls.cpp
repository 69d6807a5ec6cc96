// The connection's reads and writes where TLS lies between.
#include "http/connection.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace labstore::http {
namespace {

using tls_need = net::tls_link::need;

constexpr std::size_t record_bytes_max = net::tls_link::record_bytes_max;
/// Of a file, copied at a time to be encrypted: whole records, and small enough to be in the cache still.
constexpr std::size_t file_piece_bytes = 4 * record_bytes_max;
/// The first byte of a TLS record that carries a handshake (RFC 8446 5.1).
constexpr char handshake_record = 0x16;

/// Where small parts meet in one record, and pieces of files. All connections of a thread write over one another here.
template <std::size_t SizeBytes>
mutable_byte_span scratch() noexcept {
    thread_local std::array<std::byte, SizeBytes> room;
    return room;
}

asio::socket_base::wait_type to_wait(tls_need what) noexcept {
    return what == tls_need::writable ? asio::socket_base::wait_write : asio::socket_base::wait_read;
}

bool is_wait(tls_need what) noexcept {
    return what == tls_need::readable || what == tls_need::writable;
}

/// What the next record carries: the same for the same parts, so that a record that had to wait is tried again as it was.
byte_span next_record(std::span<const asio::const_buffer> parts) noexcept {
    const auto& first = parts.front();
    if (parts.size() == 1 || first.size() >= record_bytes_max)
        return byte_span(
            static_cast<const std::byte*>(first.data()), std::min(first.size(), record_bytes_max)
        );
    const auto room = scratch<record_bytes_max>();
    std::size_t filled = 0;
    for (const auto& part : parts) {
        const auto bytes = std::min(part.size(), room.size() - filled);
        if (bytes != 0)
            std::memcpy(room.data() + filled, part.data(), bytes);
        filled += bytes;
    }
    return room.first(filled);
}

void cut_off(std::span<asio::const_buffer>& parts, std::size_t bytes) noexcept {
    for (auto& part : parts) {
        const auto used = std::min(bytes, part.size());
        part += used;
        bytes -= used;
    }
    while (!parts.empty() && parts.front().size() == 0)
        parts = parts.subspan(1);
}

}  // namespace

connection::opening connection::look_at_opening() noexcept {
    char first = 0;
    const auto seen = ::recv(socket_.native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
    if (seen != 1)
        return opening::nothing;
    if (first == handshake_record)
        return opening::tls;
    return first >= 'A' && first <= 'Z' ? opening::plain_http : opening::other;
}

runtime::awaitable<result<void>> connection::wait_for_handshake(tls_need what) {
    return wait(to_wait(what), waiting::handshake);
}

connection::attempt connection::try_read_tls(mutable_byte_span room) noexcept {
    attempt done;
    while (done.bytes < room.size()) {
        const auto step = tls_->read(room.subspan(done.bytes));
        done.bytes += step.bytes;
        if (step.what == tls_need::nothing && tls_->has_unread())
            continue;
        // What has come is handed out first: an end or a failure shows again at the next call.
        if (done.bytes == 0) {
            done.would_block = is_wait(step.what);
            done.ended = step.what == tls_need::ended;
            done.failed = step.what == tls_need::failed;
            read_waits_for_ = to_wait(step.what);
        }
        break;
    }
    rate_.moved(done.bytes);
    return done;
}

connection::attempt connection::try_write_tls(
    std::span<asio::const_buffer>& parts, more_follows more
) noexcept {
    attempt done;
    cut_off(parts, 0);
    while (!parts.empty()) {
        const auto record = next_record(parts);
        const auto left = asio::buffer_size(parts) - record.size();
        const auto step = tls_->write(record, left != 0 || more == more_follows::yes);
        if (step.what != tls_need::nothing) {
            done.would_block = is_wait(step.what);
            done.failed = !done.would_block;
            write_waits_for_ = step.what == tls_need::readable ? asio::socket_base::wait_read
                                                               : asio::socket_base::wait_write;
            return done;
        }
        rate_.moved(step.bytes);
        done.bytes += step.bytes;
        cut_off(parts, step.bytes);
    }
    return done;
}

asio::const_buffer connection::join_with_file(
    asio::const_buffer head, int descriptor, std::uint64_t offset, std::uint64_t size_bytes
) noexcept {
    if (!tls_ || tls_->kernel_sends() || head.size() >= record_bytes_max)
        return head;
    const auto room = scratch<file_piece_bytes>();
    const auto wanted = std::min<std::uint64_t>(size_bytes, record_bytes_max - head.size());
    const auto got = ::pread(descriptor, room.data() + head.size(), wanted, static_cast<off_t>(offset));
    if (got <= 0)
        return head;
    std::memcpy(room.data(), head.data(), head.size());
    return {room.data(), head.size() + static_cast<std::size_t>(got)};
}

/// Where the kernel does not encrypt, each piece is copied from the page cache and encrypted here.
connection::attempt connection::try_send_file_tls(
    int descriptor, std::uint64_t offset, std::uint64_t size_bytes
) noexcept {
    attempt done;
    if (tls_->kernel_sends()) {
        const auto step = tls_->send_file(descriptor, offset, size_bytes);
        done.bytes = step.bytes;
        done.would_block = is_wait(step.what);
        done.failed = step.what != tls_need::nothing && !done.would_block;
        rate_.moved(done.bytes);
        return done;
    }
    const auto room = scratch<file_piece_bytes>();
    while (done.bytes < size_bytes && !done.would_block && !done.failed) {
        const auto piece = std::min<std::uint64_t>(size_bytes - done.bytes, room.size());
        const auto got = ::pread(descriptor, room.data(), piece, static_cast<off_t>(offset + done.bytes));
        if (got != static_cast<ssize_t>(piece)) {
            done.failed = true;
            break;
        }
        std::array parts{asio::const_buffer(room.data(), piece)};
        std::span<asio::const_buffer> unsent(parts);
        const bool last = done.bytes + piece == size_bytes;
        const auto written = try_write_tls(unsent, last ? more_follows::no : more_follows::yes);
        done.bytes += written.bytes;
        done.would_block = written.would_block;
        done.failed = written.failed;
    }
    return done;
}

runtime::awaitable<result<std::size_t>> connection::wait_after_file() {
    while (true) {
        const auto waited = co_await wait_writable();
        LABSTORE_CO_TRY(waited);
        const auto begun = tls_ ? tls_->unfinished_bytes() : 0;
        if (begun == 0)
            co_return std::size_t{0};
        // The record is encrypted already; only how long it is matters here.
        std::array parts{asio::const_buffer(scratch<file_piece_bytes>().data(), begun)};
        std::span<asio::const_buffer> unsent(parts);
        const auto done = try_write_tls(unsent, more_follows::no);
        if (done.failed)
            co_return errc::cancelled;
        if (!done.would_block)
            co_return begun;
    }
}

}  // namespace labstore::http
