// Job:          listening sockets: one acceptor per I/O thread with SO_REUSEPORT, limits on connections; TLS.
// In a request: the first station; hands an accepted socket to http and forgets it.
// May use:      base, observability, runtime.
// Threads:      accept loops run on their I/O threads; `listener` itself is used from one control thread.
// Failure:      listening fails with the system's error; accept errors are survived (EMFILE waits and goes
//               on).
#pragma once

#include "labstore/base.hpp"
#include "labstore/runtime.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace labstore::net {

namespace asio = boost::asio;

/// A TCP socket bound to its io_context without type erasure.
using socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

class connection_sink {
  public:
    virtual ~connection_sink() = default;
    /// On the socket's I/O thread. The holding counts against connections_max until it is dropped.
    virtual void on_connection(socket peer, runtime::limit::holding counted) = 0;
    /// Past connections_max: answer 503 SlowDown if that needs no waiting, and close.
    virtual void on_refused(socket peer) = 0;
};

struct options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 6789;  // 0 picks a free one
    std::uint64_t connections_max = 16'384;
    int backlog = 4096;
};

enum class tls_version { v1_2, v1_3 };

/// Of an https listener; without files it is plain. See net/tls.hpp.
struct tls_options {
    std::string certificate_file;  // PEM, the server's certificate first, then those between it and a root
    std::string key_file;          // PEM, without a passphrase
    tls_version version_min = tls_version::v1_2;
    std::chrono::milliseconds handshake_time_max{10'000};  // from the connection to the end of its handshake

    [[nodiscard]] bool wanted() const noexcept { return !certificate_file.empty(); }
};

struct stats {
    std::uint64_t accepted = 0;   // handed to the sink or refused
    std::uint64_t exhausted = 0;  // times that accepting stopped for want of descriptors or memory
};

/// Destroyed after the connections it accepted have ended, since their holdings point at its limit: stop it,
/// let the sink finish, then destroy it.
class listener {
  public:
    virtual ~listener() = default;
    [[nodiscard]] virtual std::uint16_t port() const noexcept = 0;
    [[nodiscard]] virtual runtime::limit& connections() noexcept = 0;
    /// From any thread.
    [[nodiscard]] virtual stats statistics() const noexcept = 0;
    /// Stops accepting; established connections stay. The I/O threads must be running. Returns when no
    /// further call of the sink will come.
    virtual void stop() = 0;
};

/// A port that any other socket listens on is an error (address_in_use), although our own threads share it.
[[nodiscard]] result<std::unique_ptr<listener>> listen(
    options settings, runtime::io_threads& threads, connection_sink& sink
);

}  // namespace labstore::net
