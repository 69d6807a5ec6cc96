#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace labstore::http {

/// Judges whether a client keeps up with a floor of bytes per second, over a sliding window of the time spent
/// waiting for it. Time in which the server itself is busy is never added, so a slow disk is not held against
/// the client.
class rate_meter {
  public:
    rate_meter(std::chrono::nanoseconds window, std::uint64_t floor_bytes_per_second) noexcept;

    void reset() noexcept;

    void moved(std::uint64_t bytes) noexcept { bytes_[present_] += bytes; }

    void waited(std::chrono::nanoseconds duration) noexcept;

    /// A whole window has been waited through and fewer bytes than the floor asks have moved in it.
    [[nodiscard]] bool too_slow() const noexcept;

  private:
    static constexpr std::size_t slots_per_window = 8;

    std::chrono::nanoseconds slot_time_;
    std::uint64_t bytes_min_;
    std::chrono::nanoseconds present_waited_{0};
    std::array<std::uint64_t, slots_per_window + 1>
        bytes_{};  // a ring: the present slot and a window of full ones
    std::size_t present_ = 0;
    std::size_t full_slots_ = 0;
};

}  // namespace labstore::http
