#pragma once

#include "labstore/base.hpp"
#include "labstore/observability/metrics.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace labstore::server {

/// How a request ended. The texts are literals, so there are as many as the router and the error table have, and the
/// place of a text is its name.
struct outcome {
    std::string_view operation;   // empty: ended before one was known
    std::string_view error_code;  // empty: no error
    unsigned status = 0;          // 0: cut before a response
};

/// The metrics that requests of one outcome count in; all but the first are the operation's.
struct outcome_series {
    metrics::counter& requests;
    metrics::histogram& duration;
    metrics::histogram& first_byte;
    metrics::counter& bytes_in;
    metrics::counter& bytes_out;
};

/// Finds the metrics of an outcome without a lock, a hash of text or an allocation: a table of pointers that only
/// grows. The first request of an outcome makes its series, under a lock. Thread-safe.
class outcome_table {
  public:
    /// `numbers` outlives it.
    explicit outcome_table(metrics::registry& numbers) : numbers_(numbers) {}

    [[nodiscard]] const outcome_series& find(const outcome& ended);

  private:
    struct entry {
        outcome key;
        outcome_series series;
    };

    /// Operations times codes is several thousand, but few of them ever meet. Past three quarters nothing is added and
    /// what is not in the table costs the lock and a look at the registry.
    static constexpr int slot_bits = 12;
    static constexpr std::size_t slot_count = std::size_t{1} << slot_bits;

    [[nodiscard]] static std::size_t slot_of(const outcome& ended) noexcept;
    [[nodiscard]] const outcome_series& add(const outcome& ended);

    metrics::registry& numbers_;
    std::array<std::atomic<const entry*>, slot_count> slots_{};
    labstore::mutex mutex_;
    std::vector<std::unique_ptr<const entry>> entries_;
};

}  // namespace labstore::server
