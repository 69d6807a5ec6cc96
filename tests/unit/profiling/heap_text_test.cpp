#include "profiling/heap_text.hpp"

#include "profiling/allocations.hpp"

#include <gtest/gtest.h>

namespace labstore::profiling {
namespace {

TEST(HeapText, EqualStacksBecomeOne) {
    const auto samples = parse_heap_text(
        "heap profile:    170:  1217576 [   170:  1217576] @ heap_v2/524288\n"
        "     1:     1000 [     1:     1000] @ 0x7f2e 0x55f4\n"
        "     2:     3000 [     2:     3000] @ 0x7f2e 0x55f4\n"
        "     1:       16 [     1:       16] @ 0x1\n"
        "\nMAPPED_LIBRARIES:\n1: 1 [1: 1] @ 0x9\n"
    );
    ASSERT_TRUE(samples);
    ASSERT_EQ(samples->size(), 2U);
    EXPECT_EQ((*samples)[0].addresses, (std::vector<std::uint64_t>{0x1}));
    EXPECT_EQ((*samples)[1].addresses, (std::vector<std::uint64_t>{0x7f2e, 0x55f4}));
    EXPECT_EQ((*samples)[1].values, (std::vector<std::int64_t>{3, 4000}));
}

TEST(HeapText, WhatIsForeignIsCorruptAndWhatIsCutEndsTheList) {
    EXPECT_FALSE(parse_heap_text(""));
    EXPECT_FALSE(parse_heap_text("cpu profile: 1: 1 [1: 1] @ x\n"));
    EXPECT_FALSE(parse_heap_text("heap profile: 1: 1 [1: x] @ growth\n"));
    EXPECT_TRUE(parse_heap_text("heap profile: 0: 0 [0: 0] @ growth\n")->empty());
    for (const std::string_view line :
         {"1: -5 [1: 1] @ 0x1", "1: 5 [1: 1 @ 0x1", "x", "99999999999999999999: 1"})
        EXPECT_TRUE(parse_heap_text("heap profile: 0: 0 [0: 0] @ growth\n" + std::string(line))->empty())
            << line;
    const auto odd = parse_heap_text("heap profile: 0: 0 [0: 0] @ growth\n1: 5 [1: 5] @ 0x1 0xzz 0x2\n");
    ASSERT_EQ(odd->size(), 1U);
    EXPECT_EQ((*odd)[0].addresses, (std::vector<std::uint64_t>{0x1}));
}

TEST(HeapText, SumsStayNumbers) {
    const std::string line = "9223372036854775807: 9223372036854775807 [0: 0] @ 0x1\n";
    const auto samples = parse_heap_text("heap profile: 0: 0 [0: 0] @ growth\n" + line + line);
    ASSERT_EQ(samples->size(), 1U);
    EXPECT_EQ((*samples)[0].values[1], std::numeric_limits<std::int64_t>::max());
}

TEST(ScaleToAll, SmallObjectsStandForMany) {
    std::int64_t objects = 1;
    std::int64_t bytes = 16;
    scale_to_all(objects, bytes, 512 * 1024);
    EXPECT_NEAR(static_cast<double>(bytes), 512.0 * 1024, 1024);
    EXPECT_EQ(objects, (bytes + 8) / 16);
    objects = 3;
    bytes = 3 * 64 * 1024 * 1024;
    scale_to_all(objects, bytes, 512 * 1024);
    EXPECT_EQ(objects, 3) << "large objects are all seen";
    objects = 0;
    bytes = 0;
    scale_to_all(objects, bytes, 512 * 1024);
    EXPECT_EQ(objects, 0);
}

}  // namespace
}  // namespace labstore::profiling
