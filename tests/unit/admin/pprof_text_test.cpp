#include "admin/pprof_text.hpp"

#include <gtest/gtest.h>

namespace labstore::admin {
namespace {

TEST(PprofText, Addresses) {
    EXPECT_EQ(parse_addresses("0x10+0xABcd\n"), (std::vector<std::uint64_t>{0x10, 0xABCD}));
    EXPECT_EQ(parse_addresses("0xffffffffffffffff"), (std::vector<std::uint64_t>{~std::uint64_t{0}}));
    EXPECT_TRUE(parse_addresses("").empty());
    EXPECT_TRUE(parse_addresses("10+0x+0xZZ+0x10000000000000000+++").empty());
}

TEST(PprofText, RepliesNameWhatIsKnown) {
    const std::vector<std::uint64_t> addresses = {0x10, 0x20, 0xABCD};
    const std::vector<std::string> names = {"first(int)", "", "third"};
    EXPECT_EQ(symbol_reply(addresses, names), "num_symbols: 1\n0x10\tfirst(int)\n0xabcd\tthird\n");
    EXPECT_EQ(symbol_reply({}, {}), "num_symbols: 1\n");
}

}  // namespace
}  // namespace labstore::admin
