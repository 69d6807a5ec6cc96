#include "http/rate_meter.hpp"

#include <algorithm>
#include <numeric>

namespace labstore::http {

rate_meter::rate_meter(std::chrono::nanoseconds window, std::uint64_t floor_bytes_per_second) noexcept
    : slot_time_(std::max<std::chrono::nanoseconds>(window / slots_per_window, std::chrono::milliseconds(1))),
      bytes_min_(static_cast<std::uint64_t>(
          static_cast<double>(floor_bytes_per_second) * std::chrono::duration<double>(window).count()
      )) {}

void rate_meter::reset() noexcept {
    present_waited_ = {};
    bytes_.fill(0);
    present_ = 0;
    full_slots_ = 0;
}

void rate_meter::waited(std::chrono::nanoseconds duration) noexcept {
    present_waited_ += duration;
    for (std::size_t i = 0; present_waited_ >= slot_time_ && i < bytes_.size(); ++i) {
        present_waited_ -= slot_time_;
        present_ = (present_ + 1) % bytes_.size();
        bytes_[present_] = 0;
        full_slots_ = std::min(full_slots_ + 1, slots_per_window);
    }
    // Longer than a window at once: every slot is empty by now.
    if (present_waited_ >= slot_time_)
        present_waited_ = {};
}

bool rate_meter::too_slow() const noexcept {
    if (full_slots_ < slots_per_window)
        return false;
    return std::accumulate(bytes_.begin(), bytes_.end(), std::uint64_t{0}) < bytes_min_;
}

}  // namespace labstore::http
