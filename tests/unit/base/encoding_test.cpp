#include "labstore/base/encoding.hpp"

#include <gtest/gtest.h>

#include <array>

namespace labstore {
namespace {

TEST(Hex, RoundTripsAndRefusesForeignText) {
    const std::string bytes("\x00\x7f\xff\x10", 4);
    EXPECT_EQ(to_hex(as_bytes(bytes)), "007fff10");
    EXPECT_EQ(from_hex("007FfF10"), bytes);
    EXPECT_EQ(from_hex(""), "");
    EXPECT_FALSE(from_hex("0"));
    EXPECT_FALSE(from_hex("0g"));
}

TEST(Base64, MatchesTheVectorsOfRfc4648) {
    const std::array<std::pair<std::string, std::string>, 7> vectors{
        {{"", ""},
         {"f", "Zg=="},
         {"fo", "Zm8="},
         {"foo", "Zm9v"},
         {"foob", "Zm9vYg=="},
         {"fooba", "Zm9vYmE="},
         {"foobar", "Zm9vYmFy"}}};
    for (const auto& [plain, encoded] : vectors) {
        EXPECT_EQ(to_base64(as_bytes(plain)), encoded);
        EXPECT_EQ(from_base64(encoded), plain) << encoded;
    }
}

TEST(Base64, IsStrict) {
    for (const auto* bad :
         {"Zg", "Zg=", "Zg===", "Z===", "Zh==", "Zm9=", "Zm 9", "=Zg=", "Zg==Zg==", "Zm9v\n", "Zm-_"})
        EXPECT_FALSE(from_base64(bad)) << bad;
}

TEST(Utf8, AcceptsEveryBoundaryOfRfc3629AndNothingElse) {
    for (const auto* good :
         {"",
          "a",
          "\xC2\x80",
          "\xDF\xBF",
          "\xE0\xA0\x80",
          "\xED\x9F\xBF",
          "\xEE\x80\x80",
          "\xEF\xBF\xBF",
          "\xF0\x90\x80\x80",
          "\xF4\x8F\xBF\xBF"})
        EXPECT_TRUE(is_utf8(good)) << to_hex(as_bytes(good));
    for (const auto* bad :
         {"\x80",
          "\xC0\x80",
          "\xC1\xBF",
          "\xC2",
          "\xC2\x41",
          "\xE0\x9F\x80",
          "\xED\xA0\x80",
          "\xE1\x80",
          "\xF0\x8F\x80\x80",
          "\xF4\x90\x80\x80",
          "\xF5\x80\x80\x80",
          "\xFF"})
        EXPECT_FALSE(is_utf8(bad)) << to_hex(as_bytes(bad));
    EXPECT_TRUE(is_utf8(std::string_view("a\0b", 3)));
}

TEST(Percent, DecodesOnceAndKnowsTheTwoReadingsOfPlus) {
    EXPECT_EQ(percent_decode("a%2Fb%252f+c", plus_sign::keep), "a/b%2f+c");
    EXPECT_EQ(percent_decode("a+b%20c", plus_sign::is_space), "a b c");
    for (const auto* bad : {"%", "%1", "a%zz", "%%30"})
        EXPECT_FALSE(percent_decode(bad, plus_sign::keep)) << bad;
}

TEST(Percent, EncodesTheAwsWay) {
    EXPECT_EQ(percent_encode("a/b c~-_.+\xC3\xA9", keep_slash::yes), "a/b%20c~-_.%2B%C3%A9");
    EXPECT_EQ(percent_encode("a/b", keep_slash::no), "a%2Fb");
}

TEST(Decimal, TakesDigitsOnlyUpToTheLargest) {
    EXPECT_EQ(parse_decimal("18446744073709551615"), ~std::uint64_t{0});
    EXPECT_EQ(parse_decimal("007"), 7U);
    for (const auto* bad :
         {"", "-1", "+1", " 1", "1 ", "0x1", "18446744073709551616", "99999999999999999999"})
        EXPECT_FALSE(parse_decimal(bad)) << bad;
}

TEST(Text, ComparesAndTrims) {
    EXPECT_TRUE(equal_ignoring_case("Content-MD5", "content-md5"));
    EXPECT_FALSE(equal_ignoring_case("a", "ab"));
    EXPECT_EQ(to_lower("X-Amz-Meta-\xC3\x89"), "x-amz-meta-\xC3\x89");
    EXPECT_EQ(trim(" \ta b\t "), "a b");
    EXPECT_EQ(trim(" \t"), "");
}

}  // namespace
}  // namespace labstore
