#include "labstore/profiling.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace labstore::profiling {
namespace {

/// Burns CPU time so that the sampler has something to see.
[[gnu::noinline]] std::uint64_t spin_for(std::chrono::milliseconds duration) {
    const auto end = std::chrono::steady_clock::now() + duration;
    std::uint64_t sum = 0;
    while (std::chrono::steady_clock::now() < end)
        for (std::uint64_t i = 0; i < 1000; ++i)
            sum += i * i ^ sum;
    return sum;
}

TEST(CpuCapture, ProfileNamesTheFunctionsThatRan) {
    auto capture = cpu_capture::start();
    ASSERT_TRUE(capture);
    EXPECT_NE(spin_for(std::chrono::milliseconds(400)), 0U);
    const auto profile = capture->finish();
    ASSERT_TRUE(profile);
    EXPECT_NE(profile->find("labstore::profiling::spin_for("), std::string::npos);
    EXPECT_NE(profile->find("profiling_test"), std::string::npos) << "the program's own file is no mapping";
    EXPECT_NE(profile->find("nanoseconds"), std::string::npos);
}

TEST(CpuCapture, OneAtATime) {
    auto first = cpu_capture::start();
    ASSERT_TRUE(first);
    const auto second = cpu_capture::start();
    ASSERT_FALSE(second);
    EXPECT_EQ(to_errc(second.error()), errc::busy);
    EXPECT_TRUE(first->finish());
    EXPECT_TRUE(cpu_capture::start());
}

TEST(CpuCapture, DroppingItFreesTheSampler) {
    { ASSERT_TRUE(cpu_capture::start()); }
    auto next = cpu_capture::start();
    ASSERT_TRUE(next);
    cpu_capture moved = std::move(*next);
    EXPECT_FALSE(cpu_capture::start());
    EXPECT_TRUE(moved.finish());
}

}  // namespace
}  // namespace labstore::profiling
