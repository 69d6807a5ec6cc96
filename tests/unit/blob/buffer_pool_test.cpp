#include "blob/buffer_pool.hpp"

#include <gtest/gtest.h>

namespace labstore::blob {
namespace {

stats figures_of(const buffer_pool& pool) {
    stats out;
    pool.fill(out);
    return out;
}

TEST(BufferPool, GivesTheMemoryOfAReturnedBufferAgain) {
    buffer_pool pool(1 * MiB, 1 * MiB);
    auto first = pool.take(100 * KiB);
    ASSERT_TRUE(first);
    const auto* const where = first->data();
    // A neighbour of the same size, so that the allocator alone would not give the same place.
    auto other = pool.take(100 * KiB);
    ASSERT_TRUE(other);
    first->release();
    const auto again = pool.take(100 * KiB - 1);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->data(), where);
    EXPECT_EQ(figures_of(pool).buffers_idle_bytes, 0U);
}

TEST(BufferPool, KeepsNoMoreThanItMay) {
    buffer_pool pool(1 * MiB, 64 * KiB);
    std::vector<buffer> taken;
    for (int i = 0; i < 5; ++i)
        taken.push_back(std::move(*pool.take(32 * KiB)));
    EXPECT_EQ(figures_of(pool).body_memory_bytes, 160 * KiB);
    taken.clear();
    EXPECT_EQ(figures_of(pool).body_memory_bytes, 0U);
    EXPECT_EQ(figures_of(pool).buffers_idle_bytes, 64 * KiB);
}

TEST(BufferPool, KeepsNothingWhenItMayNot) {
    buffer_pool pool(1 * MiB, 0);
    auto one = pool.take(4 * KiB);
    ASSERT_TRUE(one);
    one->release();
    EXPECT_EQ(figures_of(pool).buffers_idle_bytes, 0U);
}

TEST(BufferPool, RefusesPastWhatMayBeOnLoan) {
    buffer_pool pool(64 * KiB, 1 * MiB);
    auto one = pool.take(64 * KiB);
    ASSERT_TRUE(one);
    EXPECT_EQ(to_errc(pool.take(1).error()), errc::slow_down);
    one->release();
    EXPECT_TRUE(pool.take(1));
}

}  // namespace
}  // namespace labstore::blob
