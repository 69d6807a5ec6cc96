// Latencies in bounded memory with a bounded relative error.
#pragma once

#include <cstdint>
#include <vector>

namespace labstore::load {

/// Counts values (nanoseconds) in buckets whose width grows with the value, 128 to each power of two, as HdrHistogram
/// does: a quantile is off by less than 0.4 % of itself. Values past 73 minutes are counted as that. 36 KiB; recording
/// is an increment, merging a sum. One thread at a time. http://hdrhistogram.org
class histogram {
  public:
    static constexpr unsigned precision_bits = 7;
    static constexpr unsigned value_bits = 42;
    static constexpr double relative_error_max = 1.0 / (1U << (precision_bits + 1));

    histogram();

    void record(std::uint64_t value_ns) noexcept;
    void add(const histogram& other) noexcept;
    void clear() noexcept;

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

    /// Exact. 0 when nothing was recorded, like all of the following.
    [[nodiscard]] std::uint64_t min_ns() const noexcept { return count_ == 0 ? 0 : min_ns_; }

    [[nodiscard]] std::uint64_t max_ns() const noexcept { return max_ns_; }

    [[nodiscard]] double average_ns() const noexcept;
    /// The smallest value that `quantile` (0 to 1) of all values do not exceed, within the error above and never
    /// outside of min and max.
    [[nodiscard]] double quantile_ns(double quantile) const noexcept;

  private:
    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    std::uint64_t min_ns_ = UINT64_MAX;
    std::uint64_t max_ns_ = 0;
    double sum_ns_ = 0;
};

}  // namespace labstore::load
