// TLS of the server side (docs/tls.md): what all https connections of a server share, and the state of one.
#pragma once

#include "labstore/net.hpp"
#include "labstore/observability/metrics.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

struct ssl_st;
struct bio_st;

namespace labstore::net {

/// Why certificate and key cannot be used: a sentence that names the file, after the option that named it.
struct tls_fault {
    std::string option;
    std::string message;
};

template <typename T>
using tls_attempt = boost::system::result<T, tls_fault>;

struct tls_stats {
    std::uint64_t handshakes = 0;           // that succeeded
    std::uint64_t handshakes_failed = 0;    // begun, and ended by an error, a limit or the client
    std::uint64_t resumed = 0;              // of those that succeeded: without a signature of ours
    std::uint64_t kernel_connections = 0;   // that the kernel encrypts
    std::uint64_t reloads = 0;              // of certificate and key
    std::uint64_t reloads_failed = 0;       // the files were no good; the old ones stay in use
    std::uint64_t certificate_expires = 0;  // of the certificate in use, seconds since 1970
};

/// Of one server, from any thread.
struct tls_counters {
    metrics::counter handshakes;
    metrics::counter handshakes_failed;
    metrics::counter resumed;
    metrics::counter kernel_connections;
};

/// One connection's TLS over a socket that does not block. Each call does what the socket allows at once and says what to
/// wait for before it is called again. Lives on one thread; socket and server outlive it. Memory: a record to be sent and
/// one that is coming, each only while it is there; docs/tls.md says what stays.
class tls_link {
  public:
    tls_link(ssl_st* adopted, int descriptor, tls_counters& counters);
    ~tls_link();

    tls_link(const tls_link&) = delete;
    tls_link& operator=(const tls_link&) = delete;

    enum class need { nothing, readable, writable, ended, failed };

    struct step {
        need what = need::nothing;
        std::size_t bytes = 0;
    };

    /// Until it answers `nothing`. The expensive call: with a full handshake it signs.
    [[nodiscard]] step handshake() noexcept;

    /// Up to one record's bytes. `room` is not empty.
    [[nodiscard]] step read(mutable_byte_span room) noexcept;

    /// Bytes that `read` may have without the socket having any: a wait for the socket could be in vain.
    [[nodiscard]] bool has_unread() const noexcept;

    /// Encrypts at most a record's bytes and sends it. When it must wait, the record is kept and nothing counts as
    /// written: the next call is with the same bytes (their address may change), `unfinished_bytes` of them.
    /// `more_follows`: the last, short packet may wait to be filled.
    [[nodiscard]] step write(byte_span bytes, bool more_follows) noexcept;

    [[nodiscard]] std::size_t unfinished_bytes() const noexcept { return unfinished_bytes_; }

    /// Whether the kernel encrypts what this connection sends; known after the handshake.
    [[nodiscard]] bool kernel_sends() const noexcept { return kernel_sends_; }

    /// sendfile, where `kernel_sends`.
    [[nodiscard]] step send_file(int descriptor, std::uint64_t offset, std::uint64_t size_bytes) noexcept;

    /// Tells the client that no more comes, if that can be said at once.
    void close_notify() noexcept;

    [[nodiscard]] bool established() const noexcept { return established_; }

    /// Why the last step failed, in OpenSSL's words or the system's.
    [[nodiscard]] const std::string& failure() const noexcept { return failure_; }

    /// The most bytes that one record carries.
    static constexpr std::size_t record_bytes_max = 16 * KiB;

  private:
    step judge(int returned, std::size_t bytes) noexcept;
    void describe_failure(int system_error);
    void count_handshake() noexcept;

    ssl_st* const link_;
    bio_st* const socket_;
    tls_counters& counters_;
    std::size_t unfinished_bytes_ = 0;
    std::string failure_;
    bool begun_ = false;
    bool established_ = false;
    bool failed_ = false;
    bool drained_ = true;  // the last read found no whole record
    bool kernel_sends_ = false;
};

/// Certificate, key and ticket keys. Thread-safe. The links it made end before it does.
class tls_server {
  public:
    virtual ~tls_server() = default;

    /// TLS for a connection that was accepted and has nothing read from it.
    [[nodiscard]] virtual std::unique_ptr<tls_link> link(int descriptor) = 0;

    /// Reads the files again. New connections use what was read; on a fault everything stays as it was.
    [[nodiscard]] virtual tls_attempt<void> reload() = 0;

    /// Whether a file has changed since it was last read, well or not.
    [[nodiscard]] virtual bool files_changed() const = 0;

    [[nodiscard]] virtual tls_stats statistics() const = 0;

    [[nodiscard]] virtual std::chrono::milliseconds handshake_time_max() const noexcept = 0;
};

/// Reads the files. Faults: a file that cannot be read, no certificate or key in it, a key with a passphrase or of another
/// certificate, a certificate that has expired or is not valid yet.
[[nodiscard]] tls_attempt<std::unique_ptr<tls_server>> make_tls_server(tls_options settings);

}  // namespace labstore::net
