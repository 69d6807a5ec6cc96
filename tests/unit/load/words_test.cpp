// Sizes, durations and distributions as people write them, and what is refused.
#include "labstore/load/words.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace labstore::load {
namespace {

using namespace std::chrono_literals;

TEST(Words, ReadsSizes) {
    EXPECT_EQ(*parse_size("0"), 0U);
    EXPECT_EQ(*parse_size("4096"), 4096U);
    EXPECT_EQ(*parse_size("12B"), 12U);
    EXPECT_EQ(*parse_size("4KiB"), 4096U);
    EXPECT_EQ(*parse_size("1.5MiB"), 1'572'864U);
    EXPECT_EQ(*parse_size("64MB"), 64'000'000U);
    EXPECT_EQ(*parse_size("2GiB"), 2 * GiB);
    for (const char* const wrong : {"", "KiB", "-1", "4 KiB", "4kib", "1e30", "nan", "inf", "4KiBx"})
        EXPECT_FALSE(parse_size(wrong)) << wrong;
}

TEST(Words, ReadsDurations) {
    EXPECT_EQ(*parse_duration("250us"), 250us);
    EXPECT_EQ(*parse_duration("10ms"), 10ms);
    EXPECT_EQ(*parse_duration("1.5m"), 90s);
    EXPECT_EQ(*parse_duration("30"), 30s);
    EXPECT_EQ(*parse_duration("0s"), 0s);
    for (const char* const wrong : {"", "s", "-1s", "10sec", "1000000h", "nan"})
        EXPECT_FALSE(parse_duration(wrong)) << wrong;
}

TEST(Words, ReadsNumbers) {
    EXPECT_EQ(*parse_number("1e4"), 10'000);
    EXPECT_EQ(*parse_number("-2.5"), -2.5);
    for (const char* const wrong : {"", "one", "1x", "inf", " 1"})
        EXPECT_FALSE(parse_number(wrong)) << wrong;
}

TEST(Words, WritesSizes) {
    EXPECT_EQ(size_text(0), "0 B");
    EXPECT_EQ(size_text(102'400), "100 KiB");
    EXPECT_EQ(size_text(1'572'864), "1.5 MiB");
}

TEST(SizeDistribution, FixedIsOneSize) {
    const auto fixed = size_distribution::parse("100KiB");
    ASSERT_TRUE(fixed);
    EXPECT_EQ(fixed->max_bytes(), 102'400U);
    for (const auto size : fixed->samples(10))
        EXPECT_EQ(size, 102'400U);
}

TEST(SizeDistribution, UniformCoversItsRangeEvenly) {
    const auto uniform = size_distribution::parse("uniform:1000-3000");
    ASSERT_TRUE(uniform);
    const auto sizes = uniform->samples(200);
    EXPECT_TRUE(std::ranges::is_sorted(sizes));
    EXPECT_GE(sizes.front(), 1000U);
    EXPECT_LE(sizes.back(), 3000U);
    EXPECT_NEAR(std::accumulate(sizes.begin(), sizes.end(), 0.0) / 200, 2000, 1);
    EXPECT_EQ(uniform->quantile_bytes(0.25), 1500U);
}

TEST(SizeDistribution, LognormalHasItsMedianAndSigma) {
    const auto sizes = size_distribution::parse("lognormal:64KiB,1.0");
    ASSERT_TRUE(sizes);
    EXPECT_NEAR(static_cast<double>(sizes->quantile_bytes(0.5)), 65'536, 1);
    // One standard deviation of a normal is at 84.134 %: there the size is e times the median.
    EXPECT_NEAR(static_cast<double>(sizes->quantile_bytes(0.8413447)), 65'536 * std::exp(1.0), 2);
    EXPECT_EQ(sizes->max_bytes(), 1 * MiB);
    EXPECT_EQ(sizes->quantile_bytes(1), 1 * MiB);
    EXPECT_EQ(size_distribution::parse("lognormal:64KiB,2,100KiB")->quantile_bytes(0.99), 100 * KiB);
}

TEST(SizeDistribution, ListKeepsItsWeights) {
    const auto list = size_distribution::parse("list:1MiB*10,4KiB*70,64KiB*20");
    ASSERT_TRUE(list);
    const auto sizes = list->samples(100);
    EXPECT_EQ(std::ranges::count(sizes, 4 * KiB), 70);
    EXPECT_EQ(std::ranges::count(sizes, 64 * KiB), 20);
    EXPECT_EQ(std::ranges::count(sizes, 1 * MiB), 10);
    EXPECT_EQ(list->max_bytes(), 1 * MiB);
    EXPECT_EQ(list->text(), "list:1MiB*10,4KiB*70,64KiB*20");
}

TEST(SizeDistribution, RefusesWhatIsNone) {
    for (const char* const wrong :
         {"",
          "big",
          "uniform:4KiB",
          "uniform:4KiB-1KiB",
          "uniform:a-b",
          "lognormal:0,1",
          "lognormal:4KiB",
          "lognormal:4KiB,9",
          "lognormal:4KiB,1,1KiB",
          "list:",
          "list:4KiB*0",
          "list:4KiB*x",
          "normal:4KiB"})
        EXPECT_FALSE(size_distribution::parse(wrong)) << wrong;
}

}  // namespace
}  // namespace labstore::load
