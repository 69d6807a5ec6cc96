// When operations are due does not depend on when anybody asks.
#include "load/schedule.hpp"
#include "load/load_thread.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace labstore::load {
namespace {

using namespace std::chrono_literals;
using nanoseconds = std::chrono::nanoseconds;

std::vector<nanoseconds> due_times(const pace& timing, std::size_t threads, nanoseconds end) {
    std::vector<nanoseconds> times;
    for (std::size_t thread = 0; thread < threads; ++thread)
        for (rate_schedule schedule(timing, thread, threads, 1); schedule.due() < end; schedule.advance())
            times.push_back(schedule.due());
    std::ranges::sort(times);
    return times;
}

TEST(RateSchedule, ThreadsTogetherAreEvenlySpaced) {
    pace timing;
    timing.rate = 1000;
    const auto times = due_times(timing, 3, 1s);
    ASSERT_EQ(times.size(), 1000U);
    for (std::size_t i = 0; i < times.size(); ++i)
        EXPECT_EQ(times[i], i * 1ms) << i;
}

TEST(RateSchedule, GrowsEvenlyDuringTheRamp) {
    pace timing;
    timing.rate = 1000;
    timing.ramp = 2s;
    const auto times = due_times(timing, 2, 4s);
    const auto before = [&](nanoseconds when) {
        return std::ranges::count_if(times, [&](auto time) { return time < when; });
    };
    // The rate at t is t / 2 s of the full one, so 250 in the first second and 1,000 in the ramp.
    EXPECT_NEAR(static_cast<double>(before(1s)), 250, 2);
    EXPECT_NEAR(static_cast<double>(before(2s)), 1000, 2);
    EXPECT_NEAR(static_cast<double>(before(3s)), 2000, 2);
    EXPECT_NEAR(static_cast<double>(times.size()), 3000, 2);
}

TEST(RateSchedule, PoissonHasTheRateAndItsSpread) {
    pace timing;
    timing.rate = 1000;
    timing.poisson = true;
    const auto times = due_times(timing, 4, 20s);
    EXPECT_NEAR(static_cast<double>(times.size()), 20'000, 5 * std::sqrt(20'000.0));
    double squares = 0;
    for (std::size_t i = 1; i < times.size(); ++i)
        squares += std::pow(std::chrono::duration<double>(times[i] - times[i - 1]).count() * 1000 - 1, 2);
    // Gaps of an exponential distribution vary as much as they last; even gaps would give 0.
    EXPECT_NEAR(squares / static_cast<double>(times.size()), 1, 0.1);
}

TEST(RateSchedule, SkippingCountsWhatWasDue) {
    pace timing;
    timing.rate = 100;
    rate_schedule schedule(timing, 0, 1, 1);
    EXPECT_EQ(schedule.skip_until(1s), 100U);
    EXPECT_EQ(schedule.due(), 1s);
    EXPECT_EQ(schedule.skip_until(1s), 0U);
}

TEST(RateSchedule, DependsOnTheSeedAlone) {
    pace timing;
    timing.rate = 50;
    timing.poisson = true;
    rate_schedule first(timing, 1, 2, 9);
    rate_schedule same(timing, 1, 2, 9);
    rate_schedule other(timing, 1, 2, 10);
    EXPECT_EQ(first.due(), same.due());
    EXPECT_NE(first.due(), other.due());
}

TEST(Shares, AddUpAndTouch) {
    for (const std::size_t parts : {1U, 3U, 7U})
        for (const std::size_t total : {0U, 5U, 7U, 100U}) {
            std::size_t sum = 0;
            for (std::size_t i = 0; i < parts; ++i) {
                EXPECT_EQ(share_start(total, i, parts), sum);
                sum += share_of(total, i, parts);
            }
            EXPECT_EQ(sum, total);
        }
}

}  // namespace
}  // namespace labstore::load
