#include "labstore/profiling.hpp"

#include <gtest/gtest.h>

#include <cstdio>

namespace labstore::profiling {

[[gnu::noinline]] int function_with_a_name(int value) {
    return value + 1;
}

namespace {

[[gnu::noinline]] int function_of_this_file(int value) {
    return value + 2;
}

template <typename Function>
std::uint64_t address_of(Function* function) {
    return reinterpret_cast<std::uint64_t>(function);
}

TEST(FunctionNames, KnowsOurOwnAndTheLibraries) {
    const std::vector<std::uint64_t> addresses = {
        address_of(&function_with_a_name) + 1,
        address_of(&function_of_this_file) + 1,
        address_of(&std::puts),
        0,
        1,
        ~std::uint64_t{0},
    };
    const auto names = function_names(addresses);
    ASSERT_EQ(names.size(), addresses.size());
    EXPECT_EQ(names[0], "labstore::profiling::function_with_a_name(int)");
    EXPECT_EQ(names[1], "labstore::profiling::function_of_this_file(int)");
    EXPECT_NE(names[2].find("puts"), std::string::npos);
    EXPECT_EQ(names[3], "");
    EXPECT_EQ(names[4], "");
    EXPECT_EQ(names[5], "");
}

TEST(FunctionNames, NothingAskedNothingSaid) {
    EXPECT_TRUE(function_names({}).empty());
}

}  // namespace
}  // namespace labstore::profiling
