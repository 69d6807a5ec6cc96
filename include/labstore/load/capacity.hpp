// How much a running server carries: what is measured, what is concluded, and the report about it.
#pragma once

#include "labstore/load.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::load {

/// "5%/month", "60%/year" or "5%" (a month): growth of one month as a factor above 1.
[[nodiscard]] outcome<double> parse_growth(std::string_view text);

struct capacity_question {
    expectation sla;                  // of a latency, "p99<10ms"
    double target_utilization = 0.7;  // of the capacity, above 0 and at most 1
    double desired_rate = 0;          // operations a second; 0: no one asks
    double growth = 1;                // of the desired rate, a month, as a factor
    std::chrono::nanoseconds warm_up = std::chrono::seconds(1);
    std::chrono::nanoseconds step = std::chrono::seconds(3);
    std::chrono::nanoseconds validation = std::chrono::seconds(10);  // of each rate that is validated
    bool validate = false;
    std::string
        pprof;  // the server's profiling listener, "http://127.0.0.1:6060"; empty: its locks are not looked at
};

/// The resource that stands for all locks of the server: the time in which a thread waited for one.
inline constexpr std::string_view locks_of_server = "locks of the server";

/// The SLA compares one latency by < or <=, the utilisation is a share, and so on.
[[nodiscard]] outcome<void> validate(const capacity_question& asked);

/// How busy something was, as a share of what it has.
struct resource_use {
    std::string name;  // "CPU of the server" and so on
    double utilization = 0;
};

/// One rate that was tried. A rate is sustained when 97 % of what was due in its time was answered in it, without an error.
struct capacity_step {
    double offered = 0;  // operations a second; 0: the closed loop
    double achieved = 0;
    double average_ms = 0;
    double sla_latency_ms = 0;  // the one the SLA names
    std::uint64_t errors = 0;
    std::uint64_t unserved = 0;
    double server_cores = 0;  // 0 where it is not known
    std::vector<resource_use> resources;
    bool sustained = false;
    bool within_sla = false;

    [[nodiscard]] bool good() const noexcept { return sustained && within_sla; }
};

/// Latency against rate as of a queue before c servers: latency = base + wait * u^(sqrt(2(c+1))-1) / (1-u), where u is the
/// rate over the saturation rate (Sakasegawa's approximation of M/M/c, with the wait's size left free so that it fits
/// quantiles as well). https://doi.org/10.1007/BF01721120
struct capacity_fit {
    double base_ms = 0;
    double wait_ms = 0;
    double servers = 1;
    double saturation = 0;  // operations a second

    [[nodiscard]] double latency_ms(double rate) const;
    /// The rate at which the latency reaches `limit_ms`; 0 when it is above it from the start.
    [[nodiscard]] double rate_at(double limit_ms) const;
};

struct rate_and_latency {
    double rate = 0;
    double latency_ms = 0;
};

/// The best fit by relative errors; `saturation_hint`, the closed loop's throughput, decides where the points do not.
/// Needs at least two points with a rate and a latency above 0.
[[nodiscard]] std::optional<capacity_fit> fit_capacity(
    const std::vector<rate_and_latency>& points, double saturation_hint
);

/// What follows from a capacity by arithmetic.
struct capacity_plan {
    double capacity = 0;           // operations a second within the SLA
    double planned = 0;            // of which are used at the target utilisation
    double required_capacity = 0;  // for the desired rate at that utilisation: 10,000 at 0.7 need 14,286
    double headroom = 0;           // planned over desired, less 1; negative: too little
    double machines = 0;           // such as this one, for the required capacity
    double server_cores = 0;       // for it, by the server's CPU an operation; 0 where that is not known
    std::optional<double> months;  // until the desired rate has grown past the planned one; nullopt: never
};

/// The server's CPU by rate, a straight line: what it takes at rest and for each operation. Zeros where it is not known.
struct cpu_line {
    double base_cores = 0;
    double us_per_operation = 0;

    [[nodiscard]] double cores_at(double rate) const noexcept {
        return base_cores + us_per_operation * rate / 1e6;
    }
};

/// The least squares through the steps whose server's CPU is known.
[[nodiscard]] cpu_line fit_cpu(const std::vector<capacity_step>& steps);

[[nodiscard]] capacity_plan make_plan(
    const capacity_question& asked, double capacity, const cpu_line& server_cpu
);

/// A rate that was predicted and then measured.
struct capacity_check {
    std::string what;  // "capacity" or "planned"
    double rate = 0;
    double achieved = 0;
    double rate_error = 0;  // achieved over predicted, less 1
    double predicted_latency_ms = 0;
    double measured_latency_ms = 0;
    double predicted_server_cores = 0;
    double measured_server_cores = 0;
    bool within_sla = false;
};

inline constexpr double rate_error_aimed_at = 0.1;

struct capacity_report {
    std::string scenario;
    std::string endpoint;
    std::string started_at;
    std::string object_sizes;
    std::size_t concurrency = 0;
    capacity_question asked;
    std::vector<capacity_step> steps;  // as they were taken; the first is the closed loop
    std::optional<capacity_fit> fit;
    cpu_line server_cpu;
    capacity_plan plan;
    std::string bottleneck;  // a sentence
    std::vector<capacity_check> checks;
    bool interrupted = false;
};

/// The sentence about what was the busiest where the server stopped keeping up.
[[nodiscard]] std::string name_bottleneck(const std::vector<capacity_step>& steps);

/// Some ten to fifteen runs of `step` each: the closed loop, then rates up to where the SLA breaks, then between. The
/// generator is prepared and not cleaned up. A fault when `asked.pprof` shows no lock waits.
[[nodiscard]] outcome<capacity_report> find_capacity(
    generator& with,
    const options& wanted,
    const capacity_question& asked,
    observer& listener,
    const std::atomic<bool>& stop
);

[[nodiscard]] std::string to_text(const capacity_report& found);
[[nodiscard]] std::string to_json(const capacity_report& found);
[[nodiscard]] std::string to_html(const capacity_report& found);

}  // namespace labstore::load
