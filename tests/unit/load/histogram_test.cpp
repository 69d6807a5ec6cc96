// Quantiles of the histogram against those of the sorted values.
#include "labstore/load/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace labstore::load {
namespace {

double exact_quantile(const std::vector<std::uint64_t>& sorted, double quantile) {
    const auto rank = std::max(1.0, std::ceil(quantile * static_cast<double>(sorted.size())));
    return static_cast<double>(sorted[static_cast<std::size_t>(rank) - 1]);
}

void expect_close(std::vector<std::uint64_t> values) {
    histogram counted;
    for (const auto value : values)
        counted.record(value);
    std::ranges::sort(values);
    EXPECT_EQ(counted.count(), values.size());
    EXPECT_EQ(counted.min_ns(), values.front());
    EXPECT_EQ(counted.max_ns(), values.back());
    for (const double quantile : {0.0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
        const double exact = exact_quantile(values, quantile);
        EXPECT_LE(std::abs(counted.quantile_ns(quantile) - exact), exact * histogram::relative_error_max)
            << quantile;
    }
}

TEST(Histogram, IsEmptyAtFirst) {
    const histogram none;
    EXPECT_EQ(none.count(), 0U);
    EXPECT_EQ(none.min_ns(), 0U);
    EXPECT_EQ(none.max_ns(), 0U);
    EXPECT_EQ(none.average_ns(), 0);
    EXPECT_EQ(none.quantile_ns(0.5), 0);
}

TEST(Histogram, KeepsSmallValuesExactly) {
    for (std::uint64_t value = 0; value < 256; ++value) {
        histogram one;
        one.record(value);
        EXPECT_EQ(one.quantile_ns(0.5), static_cast<double>(value));
    }
}

TEST(Histogram, BoundsTheErrorAroundEveryPowerOfTwo) {
    for (unsigned bit = 1; bit < histogram::value_bits; ++bit)
        for (const std::int64_t offset : {-1, 0, 1}) {
            const auto value = static_cast<std::uint64_t>((std::int64_t{1} << bit) + offset);
            histogram three;
            three.record(value);
            three.record(1);
            three.record((1ULL << histogram::value_bits) - 1);
            const auto exact = static_cast<double>(value);
            EXPECT_LE(std::abs(three.quantile_ns(0.5) - exact), exact * histogram::relative_error_max)
                << value;
        }
}

TEST(Histogram, BoundsTheErrorOfQuantiles) {
    std::mt19937_64 random(7);
    std::lognormal_distribution<double> latencies(13, 1.5);
    std::vector<std::uint64_t> values;
    for (int i = 0; i < 50'000; ++i)
        values.push_back(static_cast<std::uint64_t>(latencies(random)));
    expect_close(values);
    expect_close({5});
    expect_close({1, 1, 1, 1'000'000'000});
}

TEST(Histogram, AveragesExactly) {
    histogram some;
    for (const std::uint64_t value : {1'000'000U, 2'000'000U, 6'000'000U})
        some.record(value);
    EXPECT_DOUBLE_EQ(some.average_ns(), 3'000'000);
}

TEST(Histogram, CountsWhatIsPastItsRangeAsItsRange) {
    histogram one;
    one.record(UINT64_MAX);
    EXPECT_EQ(one.count(), 1U);
    EXPECT_EQ(one.max_ns(), (1ULL << histogram::value_bits) - 1);
    EXPECT_EQ(one.quantile_ns(1), static_cast<double>(one.max_ns()));
}

TEST(Histogram, MergesLikeOneThatSawAll) {
    std::mt19937_64 random(11);
    histogram all;
    histogram parts[3];
    for (int i = 0; i < 30'000; ++i) {
        const auto value = random() % 50'000'000;
        all.record(value);
        parts[i % 3].record(value);
    }
    histogram merged;
    for (const auto& part : parts)
        merged.add(part);
    merged.add(histogram());
    EXPECT_EQ(merged.count(), all.count());
    EXPECT_EQ(merged.min_ns(), all.min_ns());
    EXPECT_EQ(merged.max_ns(), all.max_ns());
    EXPECT_NEAR(merged.average_ns(), all.average_ns(), 1e-6 * all.average_ns());
    for (const double quantile : {0.01, 0.5, 0.99})
        EXPECT_EQ(merged.quantile_ns(quantile), all.quantile_ns(quantile));
    merged.clear();
    EXPECT_EQ(merged.count(), 0U);
    EXPECT_EQ(merged.quantile_ns(0.99), 0);
}

}  // namespace
}  // namespace labstore::load
