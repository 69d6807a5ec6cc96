#include "http/server_exchange.hpp"

#include <charconv>

namespace labstore::http {
namespace {

constexpr std::size_t kept_string_bytes_max = 2 * KiB;
constexpr std::size_t kept_headers_max = 64;

asio::const_buffer to_buffer(std::string_view text) noexcept {
    return {text.data(), text.size()};
}

}  // namespace

server_exchange::server_exchange(
    connection& peer, read_buffer& buffer, io_thread& thread, std::string remote_address
)
    : peer_(peer), thread_(thread), remote_address_(std::move(remote_address)), body_(peer, buffer) {}

void server_exchange::begin() {
    begin_answer();
    body_.begin(parsed_.facts);
}

void server_exchange::begin_refused() {
    parsed_.facts = {};
    parsed_.head = {};
    begin_answer();
    body_.begin(parsed_.facts);
}

void server_exchange::begin_answer() {
    thread_.ids.next(context_.request_id);
    context_.deadline = std::chrono::steady_clock::time_point::max();
    context_.label.clear();
    notes_.operation = {};
    notes_.access_key.clear();
    notes_.error_code = {};
    notes_.bucket.clear();
    head_pending_ = false;
    close_ = false;
    state_ = state::none;
    status_ = 0;
    remaining_ = 0;
    bytes_out_ = 0;
    first_byte_ = {};
}

void server_exchange::shrink() {
    if (pending_head_.capacity() > kept_string_bytes_max)
        pending_head_ = std::string();
    if (parsed_.headers.capacity() > kept_headers_max)
        parsed_.headers = std::vector<header>();
}

std::optional<std::uint64_t> server_exchange::body_size_bytes() const noexcept {
    if (parsed_.facts.chunked)
        return std::nullopt;
    return parsed_.facts.content_length.value_or(0);
}

bool server_exchange::body_undeclared() const noexcept {
    return !parsed_.facts.chunked && !parsed_.facts.content_length;
}

awaitable<result<std::size_t>> server_exchange::read_body(mutable_byte_span room) {
    return body_.read(room);
}

bool server_exchange::must_close() const noexcept {
    if (!parsed_.facts.keep_alive || thread_.settings.draining.load(std::memory_order_relaxed))
        return true;
    if (body_.failed() || body_.awaits_continue())
        return true;
    const auto unread = body_.remaining();
    return unread && *unread > thread_.settings.limits.unread_body_bytes_max;
}

void server_exchange::begin_response(
    const response_head& head, std::optional<std::uint64_t> size_bytes, state next
) {
    LABSTORE_ASSERT(state_ == state::none);
    status_ = head.status();
    close_ = must_close() || next == state::until_close;
    if (body_.awaits_continue())
        body_.give_up();
    const wire_fields fields{
        .server_name = thread_.settings.server_name,
        .date = thread_.date.now(),
        .request_id = context_.request_id,
        .host_id = thread_.settings.host_id,
        .content_length = size_bytes,
        .chunked = next == state::chunked,
        .close = close_,
        .announce_keep_alive = !parsed_.facts.version_1_1,
    };
    write_wire_head(pending_head_, head, fields);
    head_pending_ = true;
    state_ = next;
    peer_.reset_rate();
}

awaitable<result<void>> server_exchange::send(std::array<asio::const_buffer, 3> parts) {
    std::array<asio::const_buffer, 4> all{asio::const_buffer(), parts[0], parts[1], parts[2]};
    if (std::exchange(head_pending_, false)) {
        all[0] = to_buffer(pending_head_);
        first_byte_ = std::chrono::steady_clock::now();
    }
    std::span<asio::const_buffer> unsent(all);
    const auto done = peer_.try_write(unsent);
    if (unsent.empty())
        co_return result<void>();
    result<void> sent = errc::cancelled;
    if (!done.failed)
        sent = co_await peer_.write_all(unsent);
    if (!sent)
        abort();
    co_return sent;
}

awaitable<result<void>> server_exchange::respond(response_head head, std::string body) {
    begin_response(head, body.size(), state::sized);
    std::array<asio::const_buffer, 3> parts;
    if (sends_body()) {
        parts[0] = to_buffer(body);
        bytes_out_ = body.size();
    }
    const auto sent = co_await send(parts);
    if (sent)
        state_ = state::done;
    co_return sent;
}

awaitable<result<void>> server_exchange::respond_head_only(response_head head, std::uint64_t size_bytes) {
    // Only HEAD, 204 and 304 may announce a length without sending it.
    LABSTORE_ASSERT(
        size_bytes == 0 || parsed_.head.method == method::head || !status_has_body(head.status())
    );
    begin_response(head, size_bytes, state::sized);
    std::array<asio::const_buffer, 3> parts;
    const auto sent = co_await send(parts);
    if (sent)
        state_ = state::done;
    co_return sent;
}

awaitable<result<void>> server_exchange::start(response_head head, std::uint64_t size_bytes) {
    begin_response(head, size_bytes, state::sized);
    remaining_ = size_bytes;
    if (size_bytes > 0 && sends_body())
        co_return result<void>();
    std::array<asio::const_buffer, 3> parts;
    const auto sent = co_await send(parts);
    if (sent && size_bytes == 0)
        state_ = state::done;
    co_return sent;
}

awaitable<result<void>> server_exchange::write(byte_span bytes) {
    if (state_ == state::failed)
        co_return errc::cancelled;
    LABSTORE_ASSERT(state_ == state::sized || state_ == state::chunked || state_ == state::until_close);
    std::array<asio::const_buffer, 3> parts;
    std::array<char, 18> size_line;
    if (sends_body() && !bytes.empty()) {
        const asio::const_buffer data(bytes.data(), bytes.size());
        if (state_ == state::chunked) {
            auto* end = std::to_chars(size_line.data(), size_line.data() + 16, bytes.size(), 16).ptr;
            *end++ = '\r';
            *end++ = '\n';
            parts = {
                asio::const_buffer(size_line.data(), static_cast<std::size_t>(end - size_line.data())),
                data,
                to_buffer("\r\n")};
        } else {
            parts[0] = data;
        }
        bytes_out_ += bytes.size();
    }
    const auto sent = co_await send(parts);
    LABSTORE_CO_TRY(sent);
    if (state_ == state::sized)
        sent_of_sized(bytes.size());
    co_return result<void>();
}

awaitable<result<std::uint64_t>> server_exchange::write_from_file(
    int descriptor, std::uint64_t offset, std::uint64_t size_bytes
) {
    if (state_ == state::failed)
        co_return errc::cancelled;
    LABSTORE_ASSERT(state_ == state::sized && sends_body() && size_bytes <= remaining_);
    result<void> fine;
    std::uint64_t sent = 0;
    if (std::exchange(head_pending_, false)) {
        first_byte_ = std::chrono::steady_clock::now();
        auto joined = peer_.join_with_file(to_buffer(pending_head_), descriptor, offset, size_bytes);
        sent = joined.size() - pending_head_.size();
        std::span<asio::const_buffer> unsent(&joined, 1);
        using enum connection::more_follows;
        if (peer_.try_write(unsent, sent == size_bytes ? no : yes).failed)
            fine = errc::cancelled;
        else if (!unsent.empty())
            fine = co_await peer_.write_all(unsent);
    }
    if (fine && sent < size_bytes) {
        const auto done = peer_.try_send_file(descriptor, offset + sent, size_bytes - sent);
        sent += done.bytes;
        if (done.failed) {
            fine = errc::cancelled;
        } else if (done.would_block) {
            const auto more = co_await peer_.wait_after_file();
            if (more)
                sent += *more;
            else
                fine = more.error();
        }
    }
    if (!fine) {
        abort();
        co_return fine.error();
    }
    bytes_out_ += sent;
    sent_of_sized(sent);
    co_return sent;
}

void server_exchange::sent_of_sized(std::uint64_t size_bytes) noexcept {
    LABSTORE_ASSERT(size_bytes <= remaining_);
    remaining_ -= size_bytes;
    if (remaining_ == 0)
        state_ = state::done;
}

void server_exchange::abort() noexcept {
    state_ = state::failed;
    close_ = true;
    peer_.cut();
}

awaitable<result<void>> server_exchange::start_chunked(response_head head) {
    begin_response(head, std::nullopt, parsed_.facts.version_1_1 ? state::chunked : state::until_close);
    std::array<asio::const_buffer, 3> parts;
    const auto sent = co_await send(parts);
    co_return sent;
}

awaitable<result<void>> server_exchange::finish_chunked() {
    if (state_ == state::failed)
        co_return errc::cancelled;
    LABSTORE_ASSERT(state_ == state::chunked || state_ == state::until_close);
    std::array<asio::const_buffer, 3> parts;
    if (state_ == state::chunked && sends_body())
        parts[0] = to_buffer("0\r\n\r\n");
    const auto sent = co_await send(parts);
    if (sent)
        state_ = state::done;
    co_return sent;
}

summary server_exchange::summarize(steady_time start) const noexcept {
    const bool sent = first_byte_ != steady_time{};
    return summary{
        .head = parsed_.head,
        .notes = notes_,
        .request_id = context_.request_id,
        .remote_address = remote_address_,
        .status = status_,
        .bytes_in = body_.bytes_read(),
        .bytes_out = bytes_out_,
        .duration = std::chrono::steady_clock::now() - start,
        .first_byte = sent ? first_byte_ - start : steady_time::duration(0),
    };
}

}  // namespace labstore::http
