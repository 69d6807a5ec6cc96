#include "labstore/profiling.hpp"
#include "labstore/runtime/work_label.hpp"
#include "support/profiling/decoded_message.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <ctime>

namespace labstore::profiling {

/// Burns so much CPU time, however long a busy machine takes to give it.
[[gnu::noinline]] std::uint64_t spin_for(std::chrono::milliseconds duration) {
    const std::clock_t end = std::clock() + duration.count() * CLOCKS_PER_SEC / 1000;
    std::uint64_t sum = 0;
    while (std::clock() < end)
        for (std::uint64_t i = 0; i < 1000; ++i)
            sum += i * i ^ sum;
    return sum;
}

namespace {

constexpr std::string_view get_object = "GetObject";

TEST(CpuCapture, NamesTheFunctionsThatRanAndForWhom) {
    auto capture = cpu_capture::start();
    ASSERT_TRUE(capture);
    EXPECT_NE(spin_for(std::chrono::milliseconds(300)), 0U);
    runtime::work_label label;
    label.set(get_object, "photos");
    runtime::set_current_work(&label);
    EXPECT_NE(spin_for(std::chrono::milliseconds(300)), 0U);
    runtime::set_current_work(nullptr);
    const raw_profile raw = capture->finish();
    EXPECT_GE(raw.duration, std::chrono::milliseconds(600));
    EXPECT_EQ(raw.period, 10'000'000);
    EXPECT_EQ(raw.lost, 0U);
    const profile named = name_profile(raw);
    EXPECT_EQ(named.default_type, "cpu");
    EXPECT_GT(named.total(), 100'000'000) << "of 600 ms of CPU time";
    std::int64_t labelled = 0;
    std::int64_t spinning = 0;
    for (const sample& one : named.samples) {
        if (one.operation == "GetObject" && one.bucket == "photos")
            labelled += one.values[1];
        if (std::ranges::any_of(one.locations, [&named](std::uint32_t place) {
                return named.name_of(place) == "profiling::spin_for";
            }))
            spinning += one.values[1];
    }
    EXPECT_GT(spinning, named.total() / 2);
    for (const sample& one : named.samples)
        for (const std::uint32_t place : one.locations)
            EXPECT_EQ(named.name_of(place).find("on_sample"), std::string::npos) << "the sampler itself";
    EXPECT_GT(labelled, named.total() / 10);
    EXPECT_LT(labelled, named.total() * 9 / 10);
    const auto strings = support::profile_strings(encode_pprof(named));
    EXPECT_NE(std::ranges::find(strings, "profiling::spin_for"), strings.end());
    EXPECT_TRUE(std::ranges::any_of(strings, [](const std::string& one) {
        return one.ends_with("profiling_test");
    })) << "the program's own file is no mapping";
}

TEST(CpuCapture, OneAtATime) {
    auto first = cpu_capture::start();
    ASSERT_TRUE(first);
    const auto second = cpu_capture::start();
    ASSERT_FALSE(second);
    EXPECT_EQ(to_errc(second.error()), errc::busy);
    EXPECT_EQ(first->finish().kind, "cpu");
    EXPECT_TRUE(cpu_capture::start());
}

TEST(CpuCapture, DroppingItFreesTheSampler) {
    { ASSERT_TRUE(cpu_capture::start()); }
    auto next = cpu_capture::start();
    ASSERT_TRUE(next);
    cpu_capture moved = std::move(*next);
    EXPECT_FALSE(cpu_capture::start());
    EXPECT_EQ(moved.finish().kind, "cpu");
}

}  // namespace
}  // namespace labstore::profiling
