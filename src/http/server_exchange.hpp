#pragma once

#include "http/body_reader.hpp"
#include "http/head_parser.hpp"
#include "http/io_thread.hpp"
#include "labstore/http.hpp"

#include <array>
#include <string>

namespace labstore::http {

/// The exchange of a real connection. Belongs to a session and is begun anew for each of its requests, so
/// that its strings and vectors keep their room.
class server_exchange final : public exchange {
  public:
    server_exchange(connection& peer, read_buffer& buffer, io_thread& thread, std::string remote_address);

    /// The head that the next request is parsed into, before `begin`.
    [[nodiscard]] parsed_head& next_head() noexcept { return parsed_; }

    /// A new request with the head in `next_head`.
    void begin();
    /// A new exchange for a head that could not be read: only an answer that closes the connection is
    /// possible.
    void begin_refused();
    /// Frees the room that an unusual request may have taken; for connections that go idle.
    void shrink();

    // -- http::exchange -------------------------------------------------------------------------------------

    [[nodiscard]] const request_head& head() const noexcept override { return parsed_.head; }

    [[nodiscard]] runtime::op_context& context() noexcept override { return context_; }

    [[nodiscard]] std::string_view remote_address() const noexcept override { return remote_address_; }

    [[nodiscard]] bool is_secure() const noexcept override { return peer_.is_secure(); }

    [[nodiscard]] annotations& notes() noexcept override { return notes_; }

    [[nodiscard]] std::optional<std::uint64_t> body_size_bytes() const noexcept override;
    [[nodiscard]] bool body_undeclared() const noexcept override;
    awaitable<result<std::size_t>> read_body(mutable_byte_span room) override;
    awaitable<result<void>> respond(response_head head, std::string body) override;
    awaitable<result<void>> respond_head_only(response_head head, std::uint64_t size_bytes) override;
    awaitable<result<void>> start(response_head head, std::uint64_t size_bytes) override;
    awaitable<result<void>> write(byte_span bytes) override;
    awaitable<result<std::uint64_t>> write_from_file(
        int descriptor, std::uint64_t offset, std::uint64_t size_bytes
    ) override;
    void abort() noexcept override;
    awaitable<result<void>> start_chunked(response_head head) override;
    awaitable<result<void>> finish_chunked() override;

    [[nodiscard]] bool responded() const noexcept override { return state_ != state::none; }

    [[nodiscard]] bool peer_gone() const noexcept override { return peer_.peer_gone(); }

    // -- for the session ------------------------------------------------------------------------------------

    [[nodiscard]] body_reader& body() noexcept { return body_; }

    /// All that was announced went out.
    [[nodiscard]] bool complete() const noexcept { return state_ == state::done; }

    /// The response said, or implied, that the connection ends with it.
    [[nodiscard]] bool closes() const noexcept { return close_; }

    /// Of a request that began at `start` and has ended now.
    [[nodiscard]] summary summarize(steady_time start) const noexcept;

  private:
    enum class state { none, sized, chunked, until_close, done, failed };

    void begin_answer();
    void sent_of_sized(std::uint64_t size_bytes) noexcept;
    void begin_response(const response_head& head, std::optional<std::uint64_t> size_bytes, state next);
    [[nodiscard]] bool must_close() const noexcept;
    /// Sends the pending head and up to three parts behind it.
    awaitable<result<void>> send(std::array<asio::const_buffer, 3> parts);

    [[nodiscard]] bool sends_body() const noexcept {
        return parsed_.head.method != method::head && status_has_body(status_);
    }

    connection& peer_;
    io_thread& thread_;
    const std::string remote_address_;
    parsed_head parsed_;
    body_reader body_;
    runtime::op_context context_;
    annotations notes_;
    std::string pending_head_;  // goes out with the first bytes of the body
    bool head_pending_ = false;
    bool close_ = false;
    state state_ = state::none;
    unsigned status_ = 0;
    std::uint64_t remaining_ = 0;  // of a sized response
    std::uint64_t bytes_out_ = 0;
    steady_time first_byte_{};  // when the head began to go out; the epoch before
};

}  // namespace labstore::http
