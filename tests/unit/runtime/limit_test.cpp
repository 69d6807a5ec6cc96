#include "labstore/runtime.hpp"

#include <gtest/gtest.h>

namespace labstore::runtime {
namespace {

TEST(Limit, RefusesPastItsAmountAndGivesBack) {
    limit memory("body_memory_bytes", 100);
    auto first = memory.take(60);
    ASSERT_TRUE(first);
    auto second = memory.take(41);
    ASSERT_FALSE(second);
    EXPECT_EQ(to_errc(second.error()), errc::slow_down);
    EXPECT_EQ(memory.refused(), 1U);
    auto third = memory.take(40);
    ASSERT_TRUE(third);
    EXPECT_EQ(memory.used(), 100U);
    first->release();
    EXPECT_EQ(memory.used(), 40U);
    *third = limit::holding();
    EXPECT_EQ(memory.used(), 0U);
}

TEST(Limit, AHoldingGrowsWithinItAndGivesBackTheWhole) {
    limit memory("document_memory_bytes", 100);
    {
        limit::holding held(memory, 0);
        ASSERT_TRUE(held.grow(60));
        ASSERT_TRUE(held.grow(40));
        EXPECT_EQ(held.amount(), 100U);
        const auto refused = held.grow(1);
        ASSERT_FALSE(refused);
        EXPECT_EQ(to_errc(refused.error()), errc::slow_down);
        EXPECT_EQ(held.amount(), 100U);
        EXPECT_EQ(memory.used(), 100U);
    }
    EXPECT_EQ(memory.used(), 0U);
}

TEST(Limit, AnAmountAboveTheLimitNeverFits) {
    limit memory("body_memory_bytes", 100);
    EXPECT_FALSE(memory.take(101));
    EXPECT_FALSE(memory.take(~std::uint64_t{0}));
    EXPECT_TRUE(memory.take(100));
}

}  // namespace
}  // namespace labstore::runtime
