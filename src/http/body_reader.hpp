#pragma once

#include "http/chunked_decoder.hpp"
#include "http/connection.hpp"
#include "http/framing_gate.hpp"
#include "http/read_buffer.hpp"
#include "labstore/http.hpp"

namespace labstore::http {

/// The body of the present request: first what came with the head, then straight from the socket into the
/// caller's room. Never takes a byte of the next request. Belongs to a session, used for one request after
/// another.
class body_reader {
  public:
    body_reader(connection& peer, read_buffer& buffer) : peer_(peer), buffer_(buffer) {}

    void begin(const head_facts& facts) noexcept;

    /// See exchange::read_body. `bad_request` when the chunked framing is broken.
    runtime::awaitable<result<std::size_t>> read(mutable_byte_span room);

    /// All of the body has been read.
    [[nodiscard]] bool ended() const noexcept { return chunked_ ? decoder_.finished() : remaining_ == 0; }

    /// A read failed, so that what follows on the connection cannot be understood.
    [[nodiscard]] bool failed() const noexcept { return failed_; }

    /// The client still waits for "100 Continue" and may never send the body.
    [[nodiscard]] bool awaits_continue() const noexcept { return awaits_continue_; }

    /// The response goes out before the client was told to continue: what comes next on the connection is
    /// unknown.
    void give_up() noexcept { failed_ = true; }

    /// Bytes still to come, when that is known.
    [[nodiscard]] std::optional<std::uint64_t> remaining() const noexcept {
        return chunked_ ? std::nullopt : std::optional(remaining_);
    }

    [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_read_; }

    /// Reads the rest and forgets it. False when that is more than `bytes_max` or fails.
    runtime::awaitable<bool> drain(std::uint64_t bytes_max);

  private:
    runtime::awaitable<result<std::size_t>> read_sized(mutable_byte_span room);
    runtime::awaitable<result<std::size_t>> read_chunked(mutable_byte_span room);
    runtime::awaitable<result<void>> send_continue();
    [[nodiscard]] error_code fail(error_code failure) noexcept;

    connection& peer_;
    read_buffer& buffer_;
    chunked_decoder decoder_;
    std::uint64_t remaining_ = 0;
    std::uint64_t bytes_read_ = 0;
    bool chunked_ = false;
    bool awaits_continue_ = false;
    bool failed_ = false;
};

}  // namespace labstore::http
