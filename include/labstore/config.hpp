// Job:          every option of the server: names, parsing, validation, precedence, and the generated
//               reference. Defaults stay in the options structs of the modules.
// In a request: never; settings are read once, at start.
// May use:      base and the front doors that declare options; yaml-cpp and nlohmann_json inside.
// Threads:      pure functions over values; safe everywhere.
// Failure:      a `problem` that names the place (flag, variable, file and line) and what was wanted there.
#pragma once

#include "labstore/auth.hpp"
#include "labstore/base.hpp"
#include "labstore/blob.hpp"
#include "labstore/crypto.hpp"
#include "labstore/http.hpp"
#include "labstore/meta.hpp"
#include "labstore/net.hpp"
#include "labstore/observability.hpp"
#include "labstore/runtime.hpp"
#include "labstore/s3.hpp"
#include "labstore/storage.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace labstore::config {

/// What a server is mostly asked for. A preset stands for the values of a few options (config/workload.cpp), each of which
/// can still be given.
enum class workload { balanced, read_heavy, write_heavy };

/// What the whole server is built from. The paths inside `index` and `blobs` are filled in by server from
/// `storage_path`.
struct settings {
    std::string storage_path = "./labstore-data";
    config::workload workload = config::workload::balanced;
    std::size_t threads = 0;  // of the network; 0 is one per core
    net::options listener;
    net::tls_options tls;
    http::options http;
    auth::options auth;
    s3::options s3;
    storage::options storage;
    meta::options index;
    blob::options blobs;
    runtime::blocking_pool::options blocking;
    std::uint64_t frame_pool_bytes_max = runtime::frame_pool_bytes_max_default;  // of each thread
    log::options log;
    std::string admin_access_key;     // empty: made at first start
    crypto::secret admin_secret_key;  // empty: made at first start
    std::chrono::milliseconds drain_time_max{30'000};
    bool pprof = false;
    std::string pprof_host = "127.0.0.1";
    std::uint16_t pprof_port = 6060;
    bool website = false;
    std::string website_host = "127.0.0.1";
    std::uint16_t website_port = 6780;
};

/// What is wrong with the settings. `place` is "--port", "LABSTORE_SERVER_PORT" or "labstore.yml:12".
struct problem {
    std::string place;
    std::string message;

    /// "place: message".
    [[nodiscard]] std::string text() const;
};

template <typename T>
using checked = boost::system::result<T, problem>;

/// One value somebody gave.
struct given {
    std::string option;
    std::string value;
    std::string place;
};

struct inputs {
    std::vector<given> flags;
    std::vector<std::pair<std::string, std::string>> environment;  // all of it; foreign names are ignored
    std::string file;  // of --config; empty: LABSTORE_SERVER_CONFIG, else `default_file` when it exists
    std::string default_file = "labstore.yml";
};

struct loaded {
    settings values;
    std::map<std::string, std::string, std::less<>> places;  // where each option that was given came from
};

/// Flags before environment before file before defaults. Unknown options, values out of their range and
/// combinations that make no sense are problems, also in a source that a stronger one overrides.
[[nodiscard]] checked<loaded> load(const inputs& from);

/// How an option looks from outside; everything a command line needs to offer it.
struct option_info {
    std::string name;         // "head-size-max"
    std::string environment;  // "LABSTORE_SERVER_HEAD_SIZE_MAX"
    std::string group;        // "Limits of a request"
    std::string type;         // "size, 1KiB to 1MiB"
    std::string standard;     // the default as text
    std::string help;
    bool secret = false;   // never a flag: command lines are visible to every user of the machine
    bool boolean = false;  // a flag without a value means on
    bool list = false;     // may be repeated
};

/// All options, in the order of the reference.
[[nodiscard]] std::vector<option_info> options();

/// The reference as Markdown: a heading and a table for each group.
[[nodiscard]] std::string reference();

/// The effective settings as a labstore.yml that would give them again, each with where it came from. Secrets
/// are masked.
[[nodiscard]] std::string effective_yaml(const loaded& from);

/// The environment variable that is no option: it names the server for the project's own tests.
inline constexpr std::string_view test_binary_variable = "LABSTORE_SERVER_BIN";

}  // namespace labstore::config
