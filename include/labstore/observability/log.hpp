// The log: lines are queued as values by whoever has something to say, and formatted and written by one
// thread. The queue and its thread are the one process-wide object of the tree: a log is needed where no
// reference reaches (a failing assertion's neighbours, library callbacks), and there is one standard error.
#pragma once

#include "labstore/base.hpp"

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace labstore::log {

enum class level : int { trace, debug, info, warn, error, off };
enum class format { text, json };
enum class colour { automatic, never, always };

/// "trace" to "off".
[[nodiscard]] std::string_view level_name(level value) noexcept;
/// nullopt for another word.
[[nodiscard]] std::optional<level> parse_level(std::string_view name) noexcept;

struct options {
    level threshold = level::info;
    format lines = format::text;
    colour colours = colour::automatic;     // of text on a terminal; a file is never coloured
    std::string file;                       // appended to; empty is standard error
    bool access_log = true;                 // one line per request, at level info
    std::size_t queue_lines_max = 8192;     // lines not yet written; past it lines are dropped and counted
    std::size_t queue_bytes_max = 8 * MiB;  // the same for their bytes
    std::chrono::milliseconds linger{50};   // how long a line may wait for company; warn and error never do
};

/// Starts the logging thread. io_error when the file cannot be opened. Before this, and after `shutdown`,
/// nothing is logged. A second call without `shutdown` between is our bug.
[[nodiscard]] result<void> init(options settings);

/// Writes everything queued and ends the thread. Harmless when not started.
void shutdown();

/// Takes effect at once (SIGHUP).
void set_level(level threshold) noexcept;

namespace detail {
inline std::atomic<int> threshold{static_cast<int>(level::off)};
inline std::atomic<bool> access_wanted{false};
}  // namespace detail

/// One relaxed load: ask before building anything that costs.
[[nodiscard]] inline bool enabled(level value) noexcept {
    return static_cast<int>(value) >= detail::threshold.load(std::memory_order_relaxed) &&
           value != level::off;
}

/// A key and a value, held by reference until `write` has copied them. Nothing is formatted here.
struct field {
    using value_type = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

    std::string_view key;
    value_type value;

    field(std::string_view k, std::string_view v) : key(k), value(v) {}

    field(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}

    field(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}

    field(std::string_view k, bool v) : key(k), value(v) {}

    field(std::string_view k, std::floating_point auto v) : key(k), value(static_cast<double>(v)) {}

    field(std::string_view k, std::signed_integral auto v) : key(k), value(static_cast<std::int64_t>(v)) {}

    template <std::unsigned_integral Value>

    requires(!std::same_as<Value, bool>) field(std::string_view k, Value v)
        : key(k), value(static_cast<std::uint64_t>(v)) {}
};

/// Queues one line when `severity` is enabled. `event` is a short stable phrase ("segment retired"); what
/// varies goes into fields. Never blocks on the disk, never throws for what is logged.
void write(level severity, std::string_view event, std::span<const field> fields);

inline void write(level severity, std::string_view event, std::initializer_list<field> fields = {}) {
    if (enabled(severity))
        write(severity, event, std::span<const field>(fields.begin(), fields.size()));
}

/// One served request. Everything is moved into the queue; secrets of the path are masked when it is
/// formatted.
struct access_entry {
    std::string method;
    std::string path;  // the raw target
    int status = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    std::chrono::nanoseconds duration{0};
    std::string request_id;
    std::string remote_address;
    std::string access_key_id;  // empty when anonymous
    std::string operation;      // "PutObject"; empty when the request never got so far
    std::string error_code;     // the S3 code; empty on success
    std::string user_agent;
};

[[nodiscard]] inline bool access_enabled() noexcept {
    return detail::access_wanted.load(std::memory_order_relaxed) && enabled(level::info);
}

void access(access_entry entry);

struct statistics {
    std::uint64_t written = 0;  // lines formatted and given to the sink
    std::uint64_t dropped = 0;  // lines that found the queue full
    std::uint64_t failed = 0;   // lines that the sink could not write
};

[[nodiscard]] statistics current_statistics() noexcept;

}  // namespace labstore::log
