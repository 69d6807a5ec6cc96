#include "labstore/profiling.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <thread>

namespace labstore::somebody {

/// Allocates where the profile can see it by name: not in profiling, whose own frames are left out at the leaf.
[[gnu::noinline]] std::unique_ptr<char[]> keep_some_memory(std::size_t bytes) {
    auto memory = std::make_unique<char[]>(bytes);
    asm volatile("" ::"r"(memory.get()) : "memory");
    return memory;
}

}  // namespace labstore::somebody

namespace labstore::profiling {

using somebody::keep_some_memory;

[[gnu::noinline]] void take_turns(mutex& one) {
    const std::lock_guard lock(one);
    asm volatile("" ::: "memory");
}

namespace {

constexpr std::size_t object_bytes = 256 * 1024;
constexpr std::size_t objects = 1024;

/// What is counted in stacks with `name` in them, by the second number.
std::int64_t amount_in(const profile& where, std::string_view name) {
    std::int64_t sum = 0;
    for (const sample& one : where.samples)
        if (std::ranges::any_of(one.locations, [&](std::uint32_t place) {
                return where.name_of(place) == name;
            }))
            sum += one.values[1];
    return sum;
}

class Counters : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        start_counting();
        start_counting();  // nothing more
        // The allocator looks at its new period after at most 16 MiB.
        for (int i = 0; i < 1024; ++i)
            keep_some_memory(32 * 1024).reset();
    }

    /// Skips where the allocator keeps no samples.
    static std::optional<raw_profile> read(counter which) {
        auto found = read_counter(which);
        return found ? std::optional(std::move(*found)) : std::nullopt;
    }
};

TEST_F(Counters, HeapSeesWhatIsAliveAndAllocsWhatWas) {
    const auto heap_before = read(counter::heap);
    if (!heap_before)
        GTEST_SKIP() << "this build's allocator keeps no samples";
    const allocation_watch watch;
    const allocation_watch another;
    const auto allocs_before = read(counter::allocs);
    std::vector<std::unique_ptr<char[]>> kept;
    for (std::size_t i = 0; i < objects; ++i)
        kept.push_back(keep_some_memory(object_bytes));
    constexpr double all = static_cast<double>(object_bytes * objects);
    const auto alive = name_profile(difference(*read(counter::heap), *heap_before));
    EXPECT_EQ(alive.kind, "heap");
    EXPECT_EQ(alive.default_type, "inuse_space");
    const std::string_view name = "somebody::keep_some_memory";
    // 512 samples expected: five standard deviations are 22 %.
    EXPECT_NEAR(static_cast<double>(amount_in(alive, name)), all, all * 0.45);
    kept.clear();
    const auto gone = name_profile(difference(*read(counter::heap), *heap_before));
    EXPECT_LT(static_cast<double>(amount_in(gone, name)), all * 0.05);
    const auto allocated = name_profile(difference(*read(counter::allocs), *allocs_before));
    EXPECT_NEAR(static_cast<double>(amount_in(allocated, name)), all, all * 0.45);
    for (const sample& one : allocated.samples) {
        ASSERT_FALSE(one.locations.empty());
        EXPECT_FALSE(allocated.name_of(one.locations[0]).starts_with("operator new")) << "not our own code";
    }
}

TEST_F(Counters, AllocsSeesNothingWhileNobodyWatches) {
    { const allocation_watch watch; }
    const auto before = read(counter::allocs);
    if (!before)
        GTEST_SKIP() << "this build's allocator keeps no samples";
    for (std::size_t i = 0; i < objects; ++i)
        keep_some_memory(32 * 1024).reset();
    EXPECT_TRUE(difference(*read(counter::allocs), *before).samples.empty());
}

TEST_F(Counters, GrowthSeesWhoMadeTheHeapLarger) {
    const auto before = read(counter::growth);
    if (!before)
        GTEST_SKIP() << "this build's allocator keeps no samples";
    const auto kept = keep_some_memory(256 * 1024 * 1024);
    const auto grown = name_profile(difference(*read(counter::growth), *before));
    EXPECT_GE(amount_in(grown, "somebody::keep_some_memory"), 128 * 1024 * 1024);
}

TEST_F(Counters, ContentionSeesWaitsForOurMutexes) {
    const auto before = read_counter(counter::contention);
    ASSERT_TRUE(before);
    mutex one;
    std::thread waiting;
    {
        const std::lock_guard lock(one);
        waiting = std::thread([&one] { take_turns(one); });
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    waiting.join();
    const auto after = read_counter(counter::contention);
    ASSERT_TRUE(after);
    const raw_profile difference_of_both = difference(*after, *before);
    ASSERT_EQ(difference_of_both.samples.size(), 1U);
    EXPECT_EQ(difference_of_both.samples[0].values[0], 1);
    const auto named = name_profile(difference_of_both);
    EXPECT_EQ(named.types[0].type, "contentions");
    EXPECT_EQ(named.types[1].unit, "nanoseconds");
    EXPECT_GE(amount_in(named, "profiling::take_turns"), 50'000'000);
}

TEST(CounterNames, AreFour) {
    EXPECT_EQ(counter_named("heap"), counter::heap);
    EXPECT_EQ(counter_named("contention"), counter::contention);
    EXPECT_FALSE(counter_named("cpu"));
    EXPECT_FALSE(counter_named(""));
}

TEST(Difference, LeavesOutWhatDidNotChange) {
    raw_profile before;
    before.kind = "heap";
    before.time = std::chrono::system_clock::time_point(std::chrono::seconds(100));
    before.duration = std::chrono::seconds(5);
    before.samples = {{{1}, {1, 10}, "", ""}, {{2}, {1, 10}, "", ""}, {{3}, {2, 20}, "", ""}};
    raw_profile after = before;
    after.duration = std::chrono::seconds(8);
    after.samples = {{{1}, {4, 40}, "", ""}, {{2}, {1, 10}, "", ""}, {{1}, {1, 1}, "GetObject", "b"}};
    const raw_profile both = difference(after, before);
    EXPECT_EQ(both.time, std::chrono::system_clock::time_point(std::chrono::seconds(105)));
    EXPECT_EQ(both.duration, std::chrono::seconds(3));
    ASSERT_EQ(both.samples.size(), 3U);
    EXPECT_EQ(both.samples[0].values, (std::vector<std::int64_t>{3, 30}));
    EXPECT_EQ(both.samples[1].operation, "GetObject");
    EXPECT_EQ(both.samples[2].values, (std::vector<std::int64_t>{-2, -20})) << "freed meanwhile";
}

}  // namespace
}  // namespace labstore::profiling
