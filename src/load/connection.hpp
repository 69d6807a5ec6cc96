// One connection to the target, opened when needed and kept.
#pragma once

#include "load/response_parser.hpp"
#include "load/tls.hpp"

#include "labstore/runtime.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace labstore::load {

using runtime::awaitable;
using steady = std::chrono::steady_clock;
namespace asio = boost::asio;

/// Takes the body of an answer that succeeded (2xx), in pieces. Others are kept by the connection.
class body_sink {
  public:
    virtual ~body_sink() = default;
    virtual void take(byte_span piece) = 0;
};

/// What one answer was. `error_body` holds the beginning of the body when the status is not 2xx.
struct answer {
    unsigned status = 0;
    std::uint64_t body_bytes = 0;
    std::uint64_t declared_bytes = 0;  // the Content-Length, which for HEAD is the object's size
    std::string error_body;

    [[nodiscard]] bool succeeded() const noexcept { return status >= 200 && status < 300; }
};

/// Sends requests and reads answers one at a time, on the thread of its io_context. Reads go into the buffer of that thread,
/// since a piece is used up before anything else runs. A request whose kept connection turns out to be closed is sent
/// once more on a new one, if it may be. Time limits are kept by `expire`, so that no request needs a timer of its own.
class connection {
  public:
    /// The endpoints, `tls` (null to a plain target) and the buffer outlive the connection.
    connection(
        asio::io_context& context,
        const std::vector<asio::ip::tcp::endpoint>& endpoints,
        const tls_client* tls,
        mutable_byte_span read_buffer
    );

    struct message {
        std::array<byte_span, 3> pieces;  // sent in this order: the head, the body
        bool to_head = false;
        bool repeatable = true;
        body_sink* sink = nullptr;  // may be null: bodies are then only counted
    };

    /// The pieces and the sink outlive the call. timed_out past `deadline`; cancelled when the peer went away; the
    /// system's error when no connection could be made; bad_request for an answer that is none.
    awaitable<result<answer>> exchange(message sent, steady::time_point deadline);

    /// Ends the current request with timed_out if its deadline has passed. Called on the connection's thread.
    void expire(steady::time_point now);
    void close() noexcept;

    [[nodiscard]] const response_parser& parser() const noexcept { return parser_; }

    /// Connections opened after the first.
    [[nodiscard]] std::uint64_t reconnects() const noexcept { return opened_ > 1 ? opened_ - 1 : 0; }

  private:
    /// What one try to move bytes came to. `waits` names what the socket has to be ready for before the next.
    struct moved {
        std::size_t bytes = 0;
        std::optional<asio::ip::tcp::socket::wait_type> waits;
        bool ended = false;
        error_code failure;
    };

    awaitable<result<void>> open();
    awaitable<result<void>> shake_hands();
    awaitable<result<void>> wait(asio::ip::tcp::socket::wait_type direction);
    [[nodiscard]] moved try_write(std::span<const asio::const_buffer> buffers);
    [[nodiscard]] moved try_read();
    [[nodiscard]] moved judge(const tls_link::step& step) const;
    awaitable<result<answer>> attempt(const message& sent);
    awaitable<result<void>> send(const message& sent);
    awaitable<result<answer>> receive(const message& sent);
    [[nodiscard]] result<void> take(byte_span bytes, const message& sent, answer& into);
    [[nodiscard]] error_code closed(const error_code& why);

    asio::ip::tcp::socket socket_;
    const std::vector<asio::ip::tcp::endpoint>& endpoints_;
    const tls_client* const tls_;
    std::optional<tls_link> link_;  // of the open connection, when there is TLS
    mutable_byte_span read_buffer_;
    response_parser parser_;
    steady::time_point deadline_ = steady::time_point::max();
    bool timed_out_ = false;
    std::uint64_t opened_ = 0;
};

}  // namespace labstore::load
