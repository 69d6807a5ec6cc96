// What a run found, and the forms it is written in. Values without behaviour; functions are pure and safe everywhere.
#pragma once

#include "labstore/load/histogram.hpp"
#include "labstore/load/words.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::load {

enum class operation : std::uint8_t { get, stat, put, delete_object, list, multipart };

inline constexpr std::size_t operation_kinds = 6;

/// "GET", "STAT", "PUT", "DELETE", "LIST", "MULTIPART".
[[nodiscard]] std::string_view operation_name(operation kind) noexcept;

/// Of the operations that succeeded, in milliseconds, from the intended start to the last byte of the answer.
struct latency_summary {
    double average_ms = 0;
    double min_ms = 0;
    double p50_ms = 0;
    double p90_ms = 0;
    double p99_ms = 0;
    double p999_ms = 0;
    double max_ms = 0;
};

[[nodiscard]] latency_summary summarize(const histogram& latencies);

/// One row of the result. `bytes` are those of bodies, sent and received; errors are not among the operations.
struct operation_report {
    std::string name;
    std::uint64_t operations = 0;
    std::uint64_t errors = 0;
    std::uint64_t bytes = 0;
    double operations_per_second = 0;
    double bytes_per_second = 0;
    latency_summary latency;
};

/// Mean of the server process over the measured time.
struct server_usage {
    double cores = 0;  // CPU seconds a second
    double cpu_us_per_operation = 0;
    double memory_bytes = 0;  // resident, at the end
    std::string source;       // "/-/metrics" or "/proc"
};

/// One second of the run. Latencies are of that second's operations.
struct second_figures {
    double at_s = 0;  // since the start of the run, warm-up included
    double operations_per_second = 0;
    double errors_per_second = 0;
    double bytes_per_second = 0;
    double average_ms = 0;
    double p99_ms = 0;
    double max_ms = 0;
    std::optional<double> server_cores;
    std::optional<double> server_memory_bytes;
    bool measured = false;  // false while warming up and ramping
};

struct report {
    std::string scenario;
    std::string endpoint;
    std::string started_at;  // ISO 8601, UTC
    std::size_t concurrency = 0;
    std::size_t threads = 0;
    double target_rate = 0;  // operations a second; 0: closed loop
    std::string object_sizes;
    std::size_t objects = 0;
    std::string signing;
    bool verified = false;
    bool interrupted = false;
    double measured_s = 0;  // from the start of measuring to the last counted answer
    operation_report total;
    std::vector<operation_report> operations;  // of the kinds that were called
    std::map<std::string, std::uint64_t> errors;
    std::uint64_t unserved = 0;  // due by the schedule in the measured time, and never begun
    std::uint64_t reconnects = 0;
    double client_cores = 0;  // CPU seconds a second of this process
    double client_cpu_us_per_operation = 0;
    std::optional<server_usage> server;
    std::vector<second_figures> seconds;
};

/// A table for a terminal; ends with a newline.
[[nodiscard]] std::string to_text(const report& found);
/// One object; all numbers as numbers. docs/load-testing.md describes the fields.
[[nodiscard]] std::string to_json(const report& found);
/// A head line, then one line for the total and one for each operation.
[[nodiscard]] std::string to_csv(const report& found);
/// One page that needs nothing from anywhere: the tables, and rate and latency over time as SVG.
[[nodiscard]] std::string to_html(const report& found);

/// "throughput>10000,avg<1ms,p99<10ms,errors=0": what a run has to reach. Measures: throughput (operations a second),
/// bandwidth (bytes a second, as a size), operations, errors (a number, or with % their share), unserved, avg, min,
/// p50, p90, p99, p99.9, max (durations), client-cpu (a duration an operation). With "get." and the like in front, of that
/// operation alone. Comparisons: < <= > >= =.
struct expectation {
    enum class comparison { less, at_most, more, at_least, equal };

    std::string text;       // as it was written
    std::string operation;  // upper case; empty: all
    std::string measure;
    comparison how = comparison::equal;
    double value = 0;  // in the measure's own unit: milliseconds, operations, bytes, per cent
    bool share = false;
};

[[nodiscard]] outcome<std::vector<expectation>> parse_expectations(std::string_view text);

struct verdict {
    std::string text;  // "p99<10ms: met (3.20 ms)"
    bool met = false;
};

/// One verdict for each; an operation that was never called meets nothing.
[[nodiscard]] std::vector<verdict> judge(const report& found, const std::vector<expectation>& wanted);

}  // namespace labstore::load
