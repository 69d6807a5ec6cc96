// Counters, gauges and histograms with the text form that Prometheus scrapes. A registry belongs to the
// server and is passed down by reference; there is no global one.
#pragma once

#include "labstore/base.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace labstore::metrics {

/// Names and values of one series. Values may be any text; names follow Prometheus' rules.
using labels = std::vector<std::pair<std::string, std::string>>;

/// Only grows. One relaxed addition; each has a cache line of its own.
class alignas(64) counter {
  public:
    void add(std::uint64_t amount = 1) noexcept { value_.fetch_add(amount, std::memory_order_relaxed); }

    [[nodiscard]] std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

class alignas(64) gauge {
  public:
    void set(std::int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }

    void add(std::int64_t amount) noexcept { value_.fetch_add(amount, std::memory_order_relaxed); }

    [[nodiscard]] std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::int64_t> value_{0};
};

/// Counts observations into fixed buckets. A scrape during an observation may see its bucket before its sum.
class histogram {
  public:
    /// `upper_bounds` rise strictly; the bucket without a bound is added.
    explicit histogram(std::vector<double> upper_bounds);

    void observe(double value) noexcept;

    [[nodiscard]] const std::vector<double>& upper_bounds() const noexcept { return upper_bounds_; }

    /// One more than there are bounds; not cumulative.
    [[nodiscard]] std::vector<std::uint64_t> bucket_counts() const;

    [[nodiscard]] double sum() const noexcept { return sum_.load(std::memory_order_relaxed); }

  private:
    const std::vector<double> upper_bounds_;
    std::unique_ptr<std::atomic<std::uint64_t>[]> counts_;
    std::atomic<double> sum_{0};
};

/// 100 us to 30 s, for durations of requests in seconds.
[[nodiscard]] std::vector<double> duration_bounds();

/// Owns its metrics: a returned reference is good for the registry's life, so callers look a metric up once
/// and keep it. Asking again for the same name and labels gives the same object. A malformed name, or one
/// name with two kinds, is our bug. Registration and rendering take a lock; counting does not.
class registry {
  public:
    registry();
    ~registry();
    registry(const registry&) = delete;
    registry& operator=(const registry&) = delete;

    [[nodiscard]] counter& add_counter(std::string_view name, std::string_view help, labels series = {});
    [[nodiscard]] gauge& add_gauge(std::string_view name, std::string_view help, labels series = {});
    [[nodiscard]] histogram& add_histogram(
        std::string_view name, std::string_view help, std::vector<double> upper_bounds, labels series = {}
    );

    /// Read when rendering, under the registry's lock: `read` must be quick and must not call the registry.
    /// What it refers to outlives the registry.
    enum class kind { counter, gauge };
    void add_reading(
        kind what,
        std::string_view name,
        std::string_view help,
        std::function<double()> read,
        labels series = {}
    );

    /// Text exposition format 0.0.4, families in the order of their names.
    [[nodiscard]] std::string render_prometheus() const;

  private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace labstore::metrics
