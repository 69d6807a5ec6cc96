#pragma once

#include "http/rate_meter.hpp"
#include "labstore/net.hpp"
#include "labstore/net/tls.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>

namespace labstore::http {

namespace asio = boost::asio;
using steady_time = std::chrono::steady_clock::time_point;

/// What a connection waits for; says which limit the sweeper applies.
enum class waiting {
    nothing,    // the server works
    handshake,  // TLS has not begun or not ended: its own limit, and a drain ends it at once
    request,    // between requests: idle_time_max, and a drain ends it at once
    head,       // inside a head: head_time_max
    body,       // the client sends or takes a body: the rate floor
    linger,     // the client should close now
};

/// The socket of one session and the clocks it is judged by. Reads and writes are tried at once and wait only
/// when the socket has nothing; there is no timer per operation: the thread's sweeper calls `judge` four
/// times a second. Lives on one I/O thread. Failures: request_timeout when a limit cut the wait, cancelled
/// for everything else (the peer is gone or the server has cut the connection).
class connection {
  public:
    /// With `tls`, what is read and written below is what TLS carries, and nothing is before the handshake has ended.
    connection(net::socket peer, rate_meter rate, net::tls_server* tls = nullptr);
    ~connection();

    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    // -- TLS ------------------------------------------------------------------------------------------------

    [[nodiscard]] bool is_secure() const noexcept { return tls_ != nullptr; }

    enum class opening { nothing, tls, plain_http, other };

    /// What the first byte says that the client begins. It stays unread; `nothing` when it has not come or never will.
    [[nodiscard]] opening look_at_opening() noexcept;

    /// The client speaks no TLS: it is to be answered as it speaks.
    void forget_tls() noexcept { tls_.reset(); }

    /// One step of the handshake, the expensive part of a connection. Never waits.
    [[nodiscard]] net::tls_link::step try_handshake() noexcept { return tls_->handshake(); }

    /// Waits for what the step asked for.
    runtime::awaitable<result<void>> wait_for_handshake(net::tls_link::need what);

    [[nodiscard]] const std::string& tls_failure() const noexcept { return tls_->failure(); }

    // -- reading and writing --------------------------------------------------------------------------------

    struct attempt {
        std::size_t bytes = 0;
        bool would_block = false;
        bool ended = false;  // end of stream
        bool failed = false;
    };

    /// Whether the last, short packet may wait to be filled by what is written next.
    enum class more_follows { no, yes };

    /// Never waits.
    [[nodiscard]] attempt try_read(mutable_byte_span room) noexcept;

    /// Waits until there is something to read.
    runtime::awaitable<result<void>> wait_readable(waiting what);

    /// At least one byte, or 0 at the end of the stream. `room` is not empty.
    runtime::awaitable<result<std::size_t>> read_some(mutable_byte_span room, waiting what);

    /// Writes what the socket takes now and cuts it off `parts`, which is empty once all is out. Never waits.
    [[nodiscard]] attempt try_write(
        std::span<asio::const_buffer>& parts, more_follows more = more_follows::no
    ) noexcept;

    /// Sends what the socket takes now of a file's range, which lies within the file. Never waits for the socket. When
    /// `would_block`, `wait_after_file` comes next.
    [[nodiscard]] attempt try_send_file(
        int descriptor, std::uint64_t offset, std::uint64_t size_bytes
    ) noexcept;

    /// With TLS: one record's worth of a head and the first bytes of a file's range behind it, to be written before anything
    /// else is read from a file on this thread. If writing it has to wait, the bytes need not be there any more. Otherwise, and
    /// when the file cannot be read, the head.
    [[nodiscard]] asio::const_buffer join_with_file(
        asio::const_buffer head, int descriptor, std::uint64_t offset, std::uint64_t size_bytes
    ) noexcept;

    /// Waits until the socket takes something. With TLS a record of the file may have been begun: it goes out first, and
    /// the answer is how many bytes more of the file that makes.
    runtime::awaitable<result<std::size_t>> wait_after_file();

    /// Waits until the socket takes something; the client's part of a body, so the rate floor is the limit.
    runtime::awaitable<result<void>> wait_writable();

    /// Writes all of `parts` in as few gathered writes as the socket takes. `parts` is used up while writing
    /// and must live as long as the call.
    runtime::awaitable<result<void>> write_all(std::span<asio::const_buffer> parts);

    // -- ending ---------------------------------------------------------------------------------------------

    /// No more is sent; the client sees the end after the last byte.
    void shutdown_send() noexcept;
    /// The client gets a reset, so that nobody takes a part for a whole. Ends a wait.
    void cut() noexcept;

    [[nodiscard]] bool is_open() const noexcept { return !cut_; }

    /// The client has ended its side (also when bytes of it are unread still), or the connection is broken.
    [[nodiscard]] bool peer_gone() noexcept;

    // -- time limits ----------------------------------------------------------------------------------------

    /// When a wait for `request`, `head` or `linger` is over.
    void set_deadline(steady_time deadline) noexcept { deadline_ = deadline; }

    /// Starts a new judgement of the rate, for another body or direction.
    void reset_rate() noexcept { rate_.reset(); }

    /// Called by the sweeper: ends the present wait if a limit has passed, or if the server drains and the
    /// wait is for a request.
    void judge(steady_time now, bool draining) noexcept;

    [[nodiscard]] waiting present_wait() const noexcept { return waiting_; }

    [[nodiscard]] net::socket& socket() noexcept { return socket_; }

    // -- the thread's list of connections -------------------------------------------------------------------

    connection* next = nullptr;
    connection* previous = nullptr;

  private:
    runtime::awaitable<result<void>> wait(asio::socket_base::wait_type direction, waiting what);
    static runtime::awaitable<result<void>> no_wait();
    [[nodiscard]] bool over_limit(steady_time now) noexcept;

    [[nodiscard]] attempt try_read_tls(mutable_byte_span room) noexcept;
    [[nodiscard]] attempt try_write_tls(std::span<asio::const_buffer>& parts, more_follows more) noexcept;
    [[nodiscard]] attempt try_send_file_tls(
        int descriptor, std::uint64_t offset, std::uint64_t size_bytes
    ) noexcept;

    net::socket socket_;
    std::unique_ptr<net::tls_link> tls_;
    asio::socket_base::wait_type read_waits_for_ = asio::socket_base::wait_read;
    asio::socket_base::wait_type write_waits_for_ = asio::socket_base::wait_write;
    rate_meter rate_;
    steady_time deadline_ = steady_time::max();
    steady_time accounted_until_{};
    waiting waiting_ = waiting::nothing;
    bool timed_out_ = false;  // the sweeper has ended the present wait
    bool cut_ = false;
};

/// The connections of one I/O thread, linked through themselves.
class connection_list {
  public:
    void add(connection& added) noexcept;
    void remove(connection& removed) noexcept;

    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

    /// `visit` may not remove.
    template <typename Visit>
    void for_each(Visit visit) {
        for (auto* each = first_; each != nullptr; each = each->next)
            visit(*each);
    }

  private:
    connection* first_ = nullptr;
};

}  // namespace labstore::http
