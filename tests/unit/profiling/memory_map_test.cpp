#include "profiling/memory_map.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace labstore::profiling {
namespace {

TEST(MemoryMap, TheExecutablePartsOfFiles) {
    const auto mappings = parse_memory_map(
        "1000-2000 r--p 00000000 fe:00 7                  /usr/bin/server\n"
        "2000-5000 r-xp 00001000 fe:00 7                  /usr/bin/server\n"
        "7000-8000 rw-p 00000000 00:00 0                  [heap]\n"
        "9000-a000 r-xp 00000000 00:00 0                  [vdso]\n"
        "x000-c000 r-xp 00000800 fe:00 9                  /lib/odd.so\n"
        "b000-c000 r-xp 00000800 fe:00 9                  /lib/with a blank.so"
    );
    ASSERT_EQ(mappings.size(), 2U);
    EXPECT_EQ(mappings[0].begin, 0x2000U);
    EXPECT_EQ(mappings[0].end, 0x5000U);
    EXPECT_EQ(mappings[0].offset, 0x1000U);
    EXPECT_EQ(mappings[0].file, "/usr/bin/server");
    EXPECT_EQ(mappings[1].file, "/lib/with a blank.so");
    EXPECT_TRUE(parse_memory_map("").empty());
}

TEST(MemoryMap, OursHasABuildId) {
    const auto mappings = read_memory_map();
    const auto own = std::ranges::find_if(mappings, [](const code_mapping& one) {
        return one.file.ends_with("profiling_test");
    });
    ASSERT_NE(own, mappings.end());
    EXPECT_GE(own->build_id.size(), 16U);
    EXPECT_EQ(own->build_id.find_first_not_of("0123456789abcdef"), std::string::npos);
}

}  // namespace
}  // namespace labstore::profiling
