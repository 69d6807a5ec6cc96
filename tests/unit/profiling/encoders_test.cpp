#include "labstore/profiling.hpp"
#include "support/profiling/decoded_message.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace labstore::profiling {
namespace {

using support::decode;
using support::decoded_message;
using support::gunzip;
using support::unpacked;

profile two_stacks() {
    profile made;
    made.kind = "cpu";
    made.types = {{"samples", "count"}, {"cpu", "nanoseconds"}};
    made.default_type = "cpu";
    made.period_type = {"cpu", "nanoseconds"};
    made.period = 10'000'000;
    made.time = std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000));
    made.duration = std::chrono::seconds(30);
    made.mappings = {{0x2000, 0x5000, 0x1000, "/usr/bin/server", "abcd1234"}};
    made.functions = {{"leaf", "_Z4leafv"}, {"blob::read<x> [coroutine]", "_Z6callerv"}};
    made.locations = {{0x2100, 0, 0}, {0x2200, 0, 1}, {0x9000, no_index, no_index}};
    made.samples = {
        {{0, 1, 2}, {5, 50'000'000}, "GetObject", "photos", "blob"},
        {{1}, {300, 3'000'000'000}, "", "", "net"}};
    made.comments = {"LabStore test"};
    return made;
}

TEST(PprofEncoder, CarriesSamplesLabelsMappingsAndNames) {
    decoded_message got = decode(gunzip(encode_pprof(two_stacks())));
    const std::vector<std::string>& strings = got.texts[6];
    ASSERT_FALSE(strings.empty());
    EXPECT_EQ(strings[0], "");
    EXPECT_EQ(got.numbers[9].at(0), 1'700'000'000'000'000'000U);
    EXPECT_EQ(got.numbers[10].at(0), 30'000'000'000U);
    EXPECT_EQ(got.numbers[12].at(0), 10'000'000U);
    EXPECT_EQ(strings.at(got.numbers[13].at(0)), "LabStore test");
    EXPECT_EQ(strings.at(got.numbers[14].at(0)), "cpu");
    ASSERT_EQ(got.texts[1].size(), 2U);
    EXPECT_EQ(strings.at(decode(got.texts[1][1]).numbers[2].at(0)), "nanoseconds");

    ASSERT_EQ(got.texts[2].size(), 2U);
    decoded_message first = decode(got.texts[2][0]);
    EXPECT_EQ(unpacked(first.texts[1].at(0)), (std::vector<std::uint64_t>{1, 2, 3}));
    EXPECT_EQ(unpacked(first.texts[2].at(0)), (std::vector<std::uint64_t>{5, 50'000'000}));
    std::map<std::string, std::string> labels;
    for (const std::string& one : first.texts[3]) {
        decoded_message label = decode(one);
        labels[strings.at(label.numbers[1].at(0))] = strings.at(label.numbers[2].at(0));
    }
    EXPECT_EQ(
        labels,
        (std::map<std::string, std::string>{
            {"operation", "GetObject"}, {"bucket", "photos"}, {"station", "blob"}})
    );
    EXPECT_EQ(decode(got.texts[2][1]).texts[3].size(), 1U) << "empty labels are left out";

    decoded_message mapping = decode(got.texts[3].at(0));
    EXPECT_EQ(mapping.numbers[2].at(0), 0x2000U);
    EXPECT_EQ(strings.at(mapping.numbers[5].at(0)), "/usr/bin/server");
    EXPECT_EQ(strings.at(mapping.numbers[6].at(0)), "abcd1234");

    ASSERT_EQ(got.texts[4].size(), 3U);
    decoded_message named = decode(got.texts[4][1]);
    EXPECT_EQ(named.numbers[3].at(0), 0x2200U);
    EXPECT_EQ(decode(named.texts[4].at(0)).numbers[1].at(0), 2U);
    decoded_message unnamed = decode(got.texts[4][2]);
    EXPECT_TRUE(unnamed.texts[4].empty());
    EXPECT_TRUE(unnamed.numbers[2].empty());
    decoded_message function = decode(got.texts[5].at(1));
    EXPECT_EQ(strings.at(function.numbers[2].at(0)), "blob::read<x> [coroutine]");
    EXPECT_EQ(strings.at(function.numbers[3].at(0)), "_Z6callerv");
}

TEST(PprofEncoder, NothingSampledIsAProfileStill) {
    profile empty = two_stacks();
    empty.samples.clear();
    decoded_message got = decode(gunzip(encode_pprof(empty)));
    EXPECT_EQ(got.texts[1].size(), 2U);
    EXPECT_TRUE(got.texts[2].empty());
}

std::vector<std::uint64_t> words_of(std::string_view text, std::size_t count) {
    std::vector<std::uint64_t> words(count);
    std::memcpy(words.data(), text.data(), count * sizeof(words[0]));
    return words;
}

TEST(LegacyEncoder, CpuIsGperftoolsForm) {
    const std::string text = encode_legacy(two_stacks());
    // Callers are return addresses there.
    const std::vector<std::uint64_t> expected = {
        0, 3, 0, 10'000, 0, 5, 3, 0x2100, 0x2201, 0x9001, 300, 1, 0x2200, 0, 1, 0};
    ASSERT_GT(text.size(), expected.size() * sizeof(expected[0]));
    EXPECT_EQ(words_of(text, expected.size()), expected);
    EXPECT_NE(text.find("profiling_test"), std::string::npos) << "the memory map is missing";
}

TEST(LegacyEncoder, MemoryAndContentionAreText) {
    profile heap = two_stacks();
    heap.kind = "heap";
    EXPECT_TRUE(
        encode_legacy(heap).starts_with("heap profile: 305: 3050000000 [305: 3050000000] @ heap_v2/1\n"
                                        "5: 50000000 [5: 50000000] @ 0x2100 0x2201 0x9001\n")
    );
    heap.kind = "growth";
    EXPECT_NE(encode_legacy(heap).find(" @ growth\n"), std::string::npos);
    heap.kind = "contention";
    EXPECT_NE(encode_legacy(heap).find("\n50000000 5 @ 0x2100 0x2201 0x9001\n"), std::string::npos);
}

TEST(FlameEncoder, StacksFromTheRootWithTheirGroups) {
    const std::string text = encode_flames(two_stacks());
    EXPECT_NE(
        text.find("\"kind\":\"cpu\",\"type\":\"cpu\",\"unit\":\"nanoseconds\",\"seconds\":30."),
        std::string::npos
    );
    EXPECT_NE(text.find("\"total\":3050000000"), std::string::npos);
    EXPECT_NE(
        text.find(R"("names":["GetObject","blob","0x9000","blob::read\u003cx> [coroutine]","leaf","","net"])"
        ),
        std::string::npos
    ) << text;
    EXPECT_NE(text.find("[50000000,0,1,[2,3,4]]"), std::string::npos) << text;
    EXPECT_NE(text.find("[3000000000,5,6,[3]]"), std::string::npos) << text;
}

TEST(FlameEncoder, NoNameEndsTheScriptItStandsIn) {
    profile bad = two_stacks();
    bad.functions[0].name = "</script><b>\"\\\n\x01";
    const std::string text = encode_flames(bad);
    EXPECT_EQ(text.find('<'), std::string::npos);
    EXPECT_NE(text.find(R"(\u003c/script>\u003cb>\"\\\u000a\u0001)"), std::string::npos) << text;
}

}  // namespace
}  // namespace labstore::profiling
