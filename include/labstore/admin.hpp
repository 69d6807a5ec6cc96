// Job:          everything that is not S3: health, metrics, and the handler of the profiling listener.
// In a request: beside s3; server sends what begins with "/-/" here, unless the Host names a bucket.
// May use:      base, observability, runtime, http, auth, storage, profiling; nlohmann_json inside.
// Threads:      shared by all I/O threads; no state between requests.
// Failure:      a small JSON document with a status; never a secret, never a path of the machine.
#pragma once

#include "labstore/base.hpp"
#include "labstore/http.hpp"
#include "labstore/observability.hpp"
#include "labstore/runtime.hpp"
#include "labstore/storage/lifecycle.hpp"

#include <memory>
#include <string_view>

namespace labstore::admin {

/// What the endpoints ask about the server; supplied by it. Thread-safe and quick.
class status_source {
  public:
    virtual ~status_source() = default;
    /// The server was told to stop.
    [[nodiscard]] virtual bool draining() const noexcept = 0;
    /// Changes are accepted: false after a fatal error of the index.
    [[nodiscard]] virtual bool writable() const noexcept = 0;
    /// Is the request signed with the root credential?
    [[nodiscard]] virtual bool is_signed(const http::request_head& head) const = 0;
    /// As storage::object_store::forecast_lifecycle.
    virtual runtime::awaitable<result<storage::lifecycle_forecast_page>> forecast(
        storage::lifecycle_forecast_request request
    ) const = 0;
    [[nodiscard]] virtual const clock& time() const noexcept = 0;
};

/// Is this path, raw as in the request, one of ours? In path style no bucket can be named "-"; in virtual-host style the
/// path is a key and may be anything, so that is to be asked first.
[[nodiscard]] bool owns(std::string_view path) noexcept;

/// Answers the paths under "/-/":
///   /-/health/live   200 as long as the process answers
///   /-/health/ready  200, or 503 while draining or read-only
///   /-/metrics       Prometheus text, to loopback peers only (403 to others)
///   /-/lifecycle     what a bucket's rules will do, JSON lines, to requests signed with the root credential (403 to others)
/// Anything else is 404. What it is given outlives it.
class endpoints {
  public:
    endpoints(const status_source& status, const metrics::registry& numbers)
        : status_(status), numbers_(numbers) {}

    runtime::awaitable<void> handle(http::exchange& request) const;

  private:
    const status_source& status_;
    const metrics::registry& numbers_;
};

/// The handler of the profiling listener, in the form that `go tool pprof URL` expects. Under /debug/pprof/:
///   (nothing)              an index to click on
///   profile?seconds=N      CPU profile, 1 to 600 seconds (30); 409 while another one runs
///   heap, growth, contention    what was counted so far, or within `seconds`
///   allocs?seconds=N       what is allocated in that time (10)
///   flamegraph?seconds=N   a page that draws one; `kind` as above, `base` and `id` name earlier captures
///   captures               those kept in memory (16), and by `id` each again
///   threadz                what each thread does
///   cmdline                the command line, arguments apart by NUL
///   symbol                 GET: whether there are symbols; POST of "0x1+0x2": their names
/// `format=legacy` or `debug=1` gives gperftools' own form. A query with a value out of its range is 400. A
/// capture whose client leaves is dropped. Asks for no credentials: whoever reaches the listener may profile. A
/// capture ends early, with what it has, when `running` stops. What it is given outlives it.
[[nodiscard]] std::unique_ptr<http::handler> make_pprof_handler(
    runtime::blocking_pool& pool, const runtime::task_group& running
);

}  // namespace labstore::admin
