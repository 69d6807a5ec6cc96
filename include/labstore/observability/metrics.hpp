// Counters, gauges and histograms with the text form that Prometheus scrapes. A registry belongs to the
// server and is passed down by reference; there is no global one.
#pragma once

#include "labstore/base.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
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

namespace detail {

/// Threads that count at the same time should not fight for a cache line, so every count is kept in this many
/// parts. Threads take them in turn; two that share one are right, only slower.
inline constexpr std::size_t parts = 8;
inline constinit thread_local std::size_t own_part = parts;  // none yet

[[nodiscard]] std::size_t take_part() noexcept;

[[nodiscard]] inline std::size_t present_part() noexcept {
    if (own_part == parts) [[unlikely]]
        own_part = take_part();
    return own_part;
}

template <typename Value>
struct alignas(64) line {
    std::atomic<Value> value{0};
};

}  // namespace detail

/// Only grows. One relaxed addition to a cache line that few other threads write.
class counter {
  public:
    void add(std::uint64_t amount = 1) noexcept {
        lines_[detail::present_part()].value.fetch_add(amount, std::memory_order_relaxed);
    }

    /// Never less than any value seen before.
    [[nodiscard]] std::uint64_t value() const noexcept {
        std::uint64_t sum = 0;
        for (const auto& line : lines_)
            sum += line.value.load(std::memory_order_relaxed);
        return sum;
    }

  private:
    std::array<detail::line<std::uint64_t>, detail::parts> lines_;
};

class alignas(64) gauge {
  public:
    void set(std::int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }

    void add(std::int64_t amount) noexcept { value_.fetch_add(amount, std::memory_order_relaxed); }

    [[nodiscard]] std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::int64_t> value_{0};
};

/// What a histogram holds at one moment.
struct distribution {
    std::vector<double> upper_bounds{};
    std::vector<std::uint64_t> counts{};  // one more than there are bounds; not cumulative
    double sum = 0;

    [[nodiscard]] std::uint64_t count() const noexcept;
};

/// Counts observations into fixed buckets: a search among the bounds and two relaxed additions to lines that
/// few other threads write. A scrape during an observation may see its bucket before its sum.
class histogram {
  public:
    /// `upper_bounds` rise strictly; the bucket without a bound is added.
    explicit histogram(std::vector<double> upper_bounds);

    void observe(double value) noexcept;

    void observe(std::chrono::nanoseconds time) noexcept {
        observe(std::chrono::duration<double>(time).count());
    }

    [[nodiscard]] distribution value() const;

  private:
    static constexpr std::size_t counts_per_line = 8;

    struct alignas(64) count_line {
        std::array<std::atomic<std::uint64_t>, counts_per_line> counts{};
    };

    const std::vector<double> upper_bounds_;
    const std::size_t lines_per_part_;
    std::unique_ptr<count_line[]> counts_;
    std::array<detail::line<double>, detail::parts> sums_;
};

/// 100 us to 30 s, for durations of requests in seconds.
[[nodiscard]] std::vector<double> duration_bounds();
/// 20 us to 5 s, for syncs and commits in seconds.
[[nodiscard]] std::vector<double> sync_bounds();
/// 1 to 4096 in powers of two, for the sizes of groups.
[[nodiscard]] std::vector<double> group_size_bounds();

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

    /// The same for a histogram that somebody else keeps.
    void add_distribution(
        std::string_view name, std::string_view help, std::function<distribution()> read, labels series = {}
    );

    /// Called at the start of each rendering, under the lock, before any reading: for sources that answer many readings
    /// with one look.
    void before_rendering(std::function<void()> refresh);

    /// Text exposition format 0.0.4, families in the order of their names.
    [[nodiscard]] std::string render_prometheus() const;

  private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace labstore::metrics
