#include "profiling/sample_log.hpp"

#include <gtest/gtest.h>

namespace labstore::profiling {
namespace {

std::string words(std::initializer_list<std::uint64_t> values) {
    std::string text;
    for (const std::uint64_t value : values)
        text.append(reinterpret_cast<const char*>(&value), sizeof(value));
    return text;
}

const std::string map_text =
    "1000-2000 r--p 00000000 fe:00 7                  /usr/bin/server\n"
    "2000-5000 r-xp 00001000 fe:00 7                  /usr/bin/server\n"
    "7000-8000 rw-p 00000000 00:00 0                  [heap]\n"
    "9000-a000 r-xp 00000000 00:00 0                  [vdso]\n"
    "b000-c000 r-xp 00000800 fe:00 9                  /lib/with a blank.so\n"
    "build=x\n";

TEST(SampleLog, SamplesAndTheExecutableMappings) {
    const auto log =
        parse_sample_log(words({0, 3, 0, 10'000, 0, 5, 2, 0x2100, 0x2200, 1, 1, 0xB010, 0, 1, 0}) + map_text);
    ASSERT_TRUE(log);
    EXPECT_EQ(log->period_microseconds, 10'000U);
    ASSERT_EQ(log->samples.size(), 2U);
    EXPECT_EQ(log->samples[0].count, 5U);
    EXPECT_EQ(log->samples[0].addresses, (std::vector<std::uint64_t>{0x2100, 0x2200}));
    EXPECT_EQ(log->samples[1].addresses, (std::vector<std::uint64_t>{0xB010}));
    ASSERT_EQ(log->mappings.size(), 2U);
    EXPECT_EQ(log->mappings[0].begin, 0x2000U);
    EXPECT_EQ(log->mappings[0].end, 0x5000U);
    EXPECT_EQ(log->mappings[0].offset, 0x1000U);
    EXPECT_EQ(log->mappings[0].file, "/usr/bin/server");
    EXPECT_EQ(log->mappings[1].file, "/lib/with a blank.so");
}

TEST(SampleLog, AnEmptyProfileIsOne) {
    const auto log = parse_sample_log(words({0, 3, 0, 10'000, 0, 0, 1, 0}));
    ASSERT_TRUE(log);
    EXPECT_TRUE(log->samples.empty());
    EXPECT_TRUE(log->mappings.empty());
}

TEST(SampleLog, WhatIsCutOrForeignIsCorrupt) {
    const std::string whole = words({0, 3, 0, 10'000, 0, 5, 2, 0x2100, 0x2200, 0, 1, 0});
    ASSERT_TRUE(parse_sample_log(whole));
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(parse_sample_log(whole.substr(0, size))) << size;
    EXPECT_FALSE(parse_sample_log(words({1, 3, 0, 10'000, 0, 0, 1, 0})));
    EXPECT_FALSE(parse_sample_log(words({0, 3, 0, 0, 0, 0, 1, 0})));
    EXPECT_FALSE(parse_sample_log(words({0, 3, 0, 10'000, 0, 5, ~std::uint64_t{0}})));
}

}  // namespace
}  // namespace labstore::profiling
