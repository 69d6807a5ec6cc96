#include "load/schedule.hpp"

#include <cmath>

namespace labstore::load {

rate_schedule::rate_schedule(const pace& timing, std::size_t thread, std::size_t threads, std::uint64_t seed)
    : rate_(timing.rate),
      ramp_s_(std::chrono::duration<double>(timing.ramp).count()),
      poisson_(timing.poisson),
      stride_(static_cast<double>(threads)),
      position_(static_cast<double>(thread)),
      random_(seed + 0x9E3779B97F4A7C15ULL * (thread + 1)) {
    if (poisson_)
        position_ = stride_ * gap_(random_);
    due_ = time_of(position_);
}

void rate_schedule::advance() {
    position_ += poisson_ ? stride_ * gap_(random_) : stride_;
    due_ = time_of(position_);
}

std::uint64_t rate_schedule::skip_until(std::chrono::nanoseconds end) {
    std::uint64_t skipped = 0;
    for (; due_ < end; advance())
        ++skipped;
    return skipped;
}

/// While the rate grows, n operations are due by n = rate t^2 / (2 ramp); after it, one each 1/rate. Exponential gaps put
/// through the same function are a Poisson process of that rate.
std::chrono::nanoseconds rate_schedule::time_of(double operations) const noexcept {
    const double in_ramp = rate_ * ramp_s_ / 2;
    const double seconds = operations < in_ramp ? std::sqrt(2 * ramp_s_ * operations / rate_)
                                                : ramp_s_ + (operations - in_ramp) / rate_;
    return std::chrono::nanoseconds(std::llround(seconds * 1e9));
}

}  // namespace labstore::load
