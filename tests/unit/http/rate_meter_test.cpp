#include "http/rate_meter.hpp"

#include <gtest/gtest.h>

namespace labstore::http {
namespace {

using namespace std::chrono_literals;

TEST(RateMeter, IsPatientForOneWholeWindow) {
    rate_meter meter(30s, 1024);
    for (int i = 0; i < 29; ++i) {
        meter.waited(1s);
        EXPECT_FALSE(meter.too_slow()) << i;
    }
    meter.waited(1s);
    EXPECT_TRUE(meter.too_slow());
    meter.reset();
    EXPECT_FALSE(meter.too_slow());
}

TEST(RateMeter, KeepsAClientThatMeetsTheFloor) {
    rate_meter meter(30s, 1024);
    for (int i = 0; i < 600; ++i) {
        meter.moved(1200);
        meter.waited(1s);
        ASSERT_FALSE(meter.too_slow()) << i;
    }
}

TEST(RateMeter, CutsADripAndAStallAfterABurst) {
    rate_meter drip(30s, 1024);
    for (int i = 0; i < 30; ++i) {
        drip.moved(800);
        drip.waited(1s);
    }
    EXPECT_TRUE(drip.too_slow());
    rate_meter stalled(30s, 1024);
    stalled.moved(100'000'000);
    int seconds = 0;
    while (!stalled.too_slow() && seconds < 1000) {
        stalled.waited(1s);
        ++seconds;
    }
    EXPECT_GE(seconds, 30);
    EXPECT_LE(seconds, 30 + 30 / 8 + 1);
}

TEST(RateMeter, AnyLengthOfWaitCounts) {
    rate_meter meter(1s, 1);
    meter.moved(100);
    meter.waited(std::chrono::hours(100));
    EXPECT_TRUE(meter.too_slow());
    rate_meter off(1s, 0);
    off.waited(std::chrono::hours(100));
    EXPECT_FALSE(off.too_slow());
}

}  // namespace
}  // namespace labstore::http
