// When the operations of an open loop are due.
#pragma once

#include "labstore/load.hpp"

#include <chrono>
#include <cstdint>
#include <random>

namespace labstore::load {

/// The due times of one thread's share of an open loop: of the operations 0, 1, 2 ... of all threads together, those that
/// are `thread` modulo `threads`. The rate grows evenly from nothing during the ramp. Times are since the start of the run
/// and depend on nothing that happens in it. One thread.
class rate_schedule {
  public:
    rate_schedule(const pace& timing, std::size_t thread, std::size_t threads, std::uint64_t seed);

    /// When the next operation is due; does not move on.
    [[nodiscard]] std::chrono::nanoseconds due() const noexcept { return due_; }

    void advance();
    /// Moves past everything due before `end` and says how much that was.
    [[nodiscard]] std::uint64_t skip_until(std::chrono::nanoseconds end);

  private:
    [[nodiscard]] std::chrono::nanoseconds time_of(double operations) const noexcept;

    double rate_;
    double ramp_s_;
    bool poisson_;
    double stride_;
    double position_;  // in operations of all threads together
    std::mt19937_64 random_;
    std::exponential_distribution<double> gap_{1.0};
    std::chrono::nanoseconds due_{0};
};

}  // namespace labstore::load
