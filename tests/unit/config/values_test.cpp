#include "config/values.hpp"

#include <gtest/gtest.h>

namespace labstore::config {
namespace {

using namespace std::chrono_literals;

TEST(Values, Sizes) {
    const std::pair<std::string_view, std::uint64_t> good[] = {
        {"0", 0},
        {"1", 1},
        {"65536", 65'536},
        {"1KiB", KiB},
        {"64 MiB", 64 * MiB},
        {"5gib", 5 * GiB},
        {"5TiB", 5 * TiB},
        {"18446744073709551615", ~std::uint64_t{0}},
    };
    for (const auto& [text, size] : good)
        EXPECT_EQ(parse_size(text), size) << text;
    for (const std::string_view text :
         {"",
          "KiB",
          "-1",
          "+1",
          "1.5MiB",
          "1KB",
          "1M",
          "0x10",
          "1KiBs",
          "18446744073709551616",
          "16777216TiB"})
        EXPECT_FALSE(parse_size(text)) << text;
    EXPECT_EQ(format_size(0), "0");
    EXPECT_EQ(format_size(1023), "1023");
    EXPECT_EQ(format_size(16 * KiB), "16KiB");
    EXPECT_EQ(format_size(1536 * KiB), "1536KiB");
    EXPECT_EQ(format_size(5 * TiB), "5TiB");
}

TEST(Values, Durations) {
    const std::pair<std::string_view, std::chrono::milliseconds> good[] = {
        {"0s", 0ms}, {"250ms", 250ms}, {"30s", 30s}, {"15m", 15min}, {"168h", 168h}, {"1 s", 1s}};
    for (const auto& [text, duration] : good)
        EXPECT_EQ(parse_duration(text), duration) << text;
    for (const std::string_view text :
         {"", "5", "ms", "s", "-1s", "1.5s", "1d", "1us", "99999999999999999999s"})
        EXPECT_FALSE(parse_duration(text)) << text;
    EXPECT_EQ(format_duration(0ms), "0ms");
    EXPECT_EQ(format_duration(1500ms), "1500ms");
    EXPECT_EQ(format_duration(30s), "30s");
    EXPECT_EQ(format_duration(15min), "15m");
    EXPECT_EQ(format_duration(168h), "168h");
}

TEST(Values, Booleans) {
    for (const std::string_view text : {"on", "true", "yes", "1", "ON", "True"})
        EXPECT_EQ(parse_boolean(text), true) << text;
    for (const std::string_view text : {"off", "false", "no", "0", "OFF"})
        EXPECT_EQ(parse_boolean(text), false) << text;
    for (const std::string_view text : {"", "2", "enabled", "o n"})
        EXPECT_FALSE(parse_boolean(text)) << text;
}

TEST(Values, FractionsAndLists) {
    EXPECT_EQ(parse_fraction("0.5"), 0.5);
    EXPECT_EQ(parse_fraction("1"), 1.0);
    for (const std::string_view text : {"", "half", "0.5x", "1e3", " 1"})
        EXPECT_FALSE(parse_fraction(text)) << text;
    EXPECT_EQ(format_fraction(0.5), "0.5");
    EXPECT_EQ(parse_list("a, b,,c "), (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_TRUE(parse_list(" , ").empty());
    EXPECT_EQ(format_list({"a", "b"}), "a,b");
}

TEST(Values, QuotesAreSafeToPrint) {
    EXPECT_EQ(in_quotes("a\nb\x1B[0m"), "\"a?b?[0m\"");
    EXPECT_EQ(in_quotes(std::string(100, 'x')), "\"" + std::string(64, 'x') + "...\"");
}

}  // namespace
}  // namespace labstore::config
