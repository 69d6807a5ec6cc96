// Job:          the composition root: builds every module from the settings, wires, starts and stops them.
// In a request: the fork between s3 and admin, and the access line at its end.
// May use:      every module below.
// Threads:      `serve` takes over the calling thread; everything else here is called from one thread.
// Failure:      a sentence for the operator and an exit code.
#pragma once

#include "labstore/base.hpp"
#include "labstore/config.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace labstore::server {

/// "0.1.0".
[[nodiscard]] std::string_view version() noexcept;

/// Why something could not be done, in a sentence that names the path or address.
struct failure {
    std::string message;
};

/// Takes one line for the person who started the program.
using line_sink = std::function<void(const std::string& line)>;

inline constexpr int exit_fine = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;

/// Serves until SIGTERM or SIGINT, then drains, syncs and returns exit_fine. exit_failed when it cannot start
/// or its last sync fails; a second signal ends the process at once with that code. `say` gets a credential
/// made at first start, `complain` the reason of a failure. Changes the signal mask, the umask and the limit of
/// open files of the process: call it once, before any thread exists.
[[nodiscard]] int serve(const config::settings& settings, const line_sink& say, const line_sink& complain);

/// Reads every byte and cross-reference of a stopped store. exit_fine when it is whole, exit_failed when there
/// is damage (one line each), exit_usage when it cannot be checked.
[[nodiscard]] int check(const std::string& storage_path, const line_sink& say, const line_sink& complain);

}  // namespace labstore::server
