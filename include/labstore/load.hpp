// Job:          load on an S3 endpoint and what it finds: rate, latency, errors, capacity.
// In a request: never; it is the client. `labstore-load` is its command line.
// May use:      base, crypto, runtime, auth (its client-side signer) and the request head it signs.
// Threads:      a generator belongs to one thread, which waits while the generator's own threads work.
// Failure:      a `fault` with words for the person at the terminal; errors of the server are figures of the report.
#pragma once

#include "labstore/crypto.hpp"
#include "labstore/load/report.hpp"
#include "labstore/load/words.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace labstore::load {

/// Shares of the operations, by `operation`; any unit.
using operation_weights = std::array<double, operation_kinds>;

/// "get=45,stat=30,put=15,delete=10"; names in any case.
[[nodiscard]] outcome<operation_weights> parse_weights(std::string_view text);

/// A named mix with the object size that goes with it.
struct scenario {
    std::string_view name;
    std::string_view help;
    operation_weights weights;
    std::string_view sizes;
    std::size_t objects = 1000;
};

/// mixed, get, put, stat, list, delete, multipart, small, large.
[[nodiscard]] std::span<const scenario> scenarios() noexcept;
[[nodiscard]] const scenario* find_scenario(std::string_view name) noexcept;

enum class signing_form { header, presigned };
enum class payload_form { hashed, unsigned_payload };

/// Where the load goes.
struct target {
    bool tls = false;
    bool verify_certificate = true;  // that it is trusted, and names the host
    std::string ca_file;             // PEM, of who is trusted; empty: whom the system trusts
    std::string host = "127.0.0.1";
    std::string port = "6789";
    std::string access_key;
    crypto::secret secret_key;
    std::string region = "us-east-1";
    std::string bucket = "labstore-load";
    std::string prefix = "load/";  // of all keys: A-Z a-z 0-9 - _ . ~ /
};

/// "http://HOST[:PORT]", "https://HOST[:PORT]", "[::1]:6789", "host:port" or "host" into `into`. Without a port: 80, with
/// https 443.
[[nodiscard]] outcome<void> parse_endpoint(std::string_view url, target& into);

/// The port that a URL need not name.
[[nodiscard]] constexpr std::string_view standard_port(bool tls) noexcept {
    return tls ? "443" : "80";
}

/// "https://HOST:PORT/BUCKET", for reports.
[[nodiscard]] std::string url_of(const target& at);

struct options {
    target at;
    std::string scenario = "mixed";  // its name, for the report
    operation_weights weights{};
    size_distribution sizes = size_distribution::fixed(100 * KiB);
    std::size_t objects = 1000;   // there are never more
    std::size_t concurrency = 8;  // connections, each with one request at a time
    std::size_t threads = 1;      // connections are spread over them
    signing_form signing = signing_form::header;
    payload_form payload = payload_form::hashed;
    bool verify = false;  // compare every byte read with what was written
    bool keep = false;    // leave objects and bucket behind
    std::size_t list_keys = 100;
    std::uint64_t part_size_bytes = 5 * MiB;
    std::size_t parts = 3;
    std::chrono::nanoseconds timeout = std::chrono::seconds(30);  // of one request, connecting included
    std::uint64_t seed = 1;
    std::optional<int> server_pid;  // for CPU and memory where the target shows none
};

/// When operations begin. A rate of 0 is a closed loop: each connection begins the next when the last has ended. With a
/// rate, operation k is due at a time that no answer can move, and latency counts from that time.
struct pace {
    double rate = 0;                   // operations a second, all connections together
    bool poisson = false;              // gaps drawn from the exponential distribution instead of even ones
    std::chrono::nanoseconds ramp{0};  // the rate grows to the full one, or the connections begin one by one
    std::chrono::nanoseconds warm_up{0};  // after the ramp; not measured
    std::chrono::nanoseconds duration = std::chrono::seconds(60);
    std::uint64_t count = 0;  // of measured operations, all connections together; 0: no limit
};

inline constexpr std::size_t concurrency_max = 10'000;
inline constexpr std::size_t threads_max = 256;
inline constexpr std::size_t objects_max = 10'000'000;
inline constexpr std::uint64_t object_size_bytes_max = 1 * GiB;
inline constexpr double rate_max = 10'000'000;
inline constexpr std::chrono::hours duration_max{24 * 7};

/// What cannot work together or is past a limit; nothing is contacted.
[[nodiscard]] outcome<void> validate(const options& wanted, const pace& timing);

/// Told about a run while it goes, on the thread that waits for it.
class observer {
  public:
    virtual ~observer() = default;
    virtual void on_phase(std::string_view line) = 0;
    virtual void on_second(const second_figures& figures) = 0;
};

/// Connections, threads and objects, made once and loaded as often as wanted. Bounded: at most `objects` objects, each of
/// at most the largest size, which is also about what all payloads together take of this process's memory.
class generator {
  public:
    virtual ~generator() = default;

    /// Creates the bucket if it is missing and writes the objects that the operations need.
    [[nodiscard]] virtual outcome<void> prepare() = 0;
    /// One run. Ends early when the stop flag is raised; the report then covers what was measured.
    [[nodiscard]] virtual report measure(const pace& timing) = 0;
    /// Deletes the objects, and the bucket if `prepare` created it; nothing with `keep`.
    [[nodiscard]] virtual outcome<void> clean_up() = 0;
};

/// `listener` and `stop` outlive the generator. `stop` may be raised by a signal handler.
[[nodiscard]] std::unique_ptr<generator> make_generator(
    const options& wanted, observer& listener, const std::atomic<bool>& stop
);

}  // namespace labstore::load
