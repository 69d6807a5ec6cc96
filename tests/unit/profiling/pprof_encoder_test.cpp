#include "profiling/pprof_encoder.hpp"

#include <gtest/gtest.h>

#include <map>

namespace labstore::profiling {
namespace {

/// Takes a message apart again: field number to its values, numbers and byte strings apart.
struct decoded {
    std::map<std::uint64_t, std::vector<std::uint64_t>> numbers;
    std::map<std::uint64_t, std::vector<std::string>> texts;
};

std::uint64_t take_varint(std::string_view& text) {
    std::uint64_t value = 0;
    for (int shift = 0; !text.empty(); shift += 7) {
        const auto byte = static_cast<unsigned char>(text.front());
        text.remove_prefix(1);
        value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
        if (byte < 0x80)
            break;
    }
    return value;
}

decoded decode(std::string_view text) {
    decoded all;
    while (!text.empty()) {
        const std::uint64_t tag = take_varint(text);
        const std::uint64_t value = take_varint(text);
        if ((tag & 7) == 0) {
            all.numbers[tag >> 3].push_back(value);
            continue;
        }
        all.texts[tag >> 3].emplace_back(text.substr(0, value));
        text.remove_prefix(value);
    }
    return all;
}

std::vector<std::uint64_t> unpacked(std::string_view text) {
    std::vector<std::uint64_t> values;
    while (!text.empty())
        values.push_back(take_varint(text));
    return values;
}

TEST(PprofEncoder, CarriesSamplesMappingsAndNames) {
    sample_log log;
    log.period_microseconds = 10'000;
    log.samples = {{5, {0x2100, 0x2201, 0x9001}}, {300, {0x2200}}};
    log.mappings = {{0x2000, 0x5000, 0x1000, "/usr/bin/server"}};
    std::vector<std::uint64_t> asked;
    const std::string text = encode_pprof(log, [&asked](std::span<const std::uint64_t> addresses) {
        asked.assign(addresses.begin(), addresses.end());
        return std::vector<std::string>{"leaf()", "caller()", ""};
    });
    // A caller is named by the byte before its return address; 0x2200 is then one location for both stacks.
    EXPECT_EQ(asked, (std::vector<std::uint64_t>{0x2100, 0x2200, 0x9000}));

    decoded profile = decode(text);
    const std::vector<std::string>& strings = profile.texts[6];
    ASSERT_FALSE(strings.empty());
    EXPECT_EQ(strings[0], "");
    EXPECT_EQ(profile.numbers[12], (std::vector<std::uint64_t>{10'000'000}));
    ASSERT_EQ(profile.texts[1].size(), 2U);
    EXPECT_EQ(strings.at(decode(profile.texts[1][1]).numbers[1].at(0)), "cpu");
    EXPECT_EQ(strings.at(decode(profile.texts[1][1]).numbers[2].at(0)), "nanoseconds");

    ASSERT_EQ(profile.texts[2].size(), 2U);
    decoded first = decode(profile.texts[2][0]);
    EXPECT_EQ(unpacked(first.texts[1].at(0)), (std::vector<std::uint64_t>{1, 2, 3}));
    EXPECT_EQ(unpacked(first.texts[2].at(0)), (std::vector<std::uint64_t>{5, 50'000'000}));
    decoded second = decode(profile.texts[2][1]);
    EXPECT_EQ(unpacked(second.texts[1].at(0)), (std::vector<std::uint64_t>{2}));
    EXPECT_EQ(unpacked(second.texts[2].at(0)), (std::vector<std::uint64_t>{300, 3'000'000'000}));

    decoded mapping = decode(profile.texts[3].at(0));
    EXPECT_EQ(mapping.numbers[2].at(0), 0x2000U);
    EXPECT_EQ(strings.at(mapping.numbers[5].at(0)), "/usr/bin/server");

    ASSERT_EQ(profile.texts[4].size(), 3U);
    decoded named = decode(profile.texts[4][1]);
    EXPECT_EQ(named.numbers[3].at(0), 0x2200U);
    EXPECT_EQ(named.numbers[2].at(0), 1U);
    const std::uint64_t function = decode(named.texts[4].at(0)).numbers[1].at(0);
    EXPECT_EQ(function, 2U);
    ASSERT_EQ(profile.texts[5].size(), 2U);
    EXPECT_EQ(strings.at(decode(profile.texts[5][1]).numbers[2].at(0)), "caller()");
    decoded unnamed = decode(profile.texts[4][2]);
    EXPECT_TRUE(unnamed.texts[4].empty());
    EXPECT_TRUE(unnamed.numbers[2].empty());
}

TEST(PprofEncoder, NothingSampledIsAProfileStill) {
    sample_log log;
    log.period_microseconds = 10'000;
    decoded profile =
        decode(encode_pprof(log, [](std::span<const std::uint64_t>) { return std::vector<std::string>(); }));
    EXPECT_EQ(profile.texts[1].size(), 2U);
    EXPECT_TRUE(profile.texts[2].empty());
}

}  // namespace
}  // namespace labstore::profiling
