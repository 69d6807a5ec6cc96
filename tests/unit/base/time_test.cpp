#include "labstore/base/time.hpp"
#include "labstore/base/bytes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <ctime>
#include <string>

namespace labstore {
namespace {

using namespace std::chrono_literals;

// 1994-11-06 08:49:37 UTC, the example of RFC 9110.
constexpr wall_time example{784111777s};

TEST(HttpDate, ReadsTheThreeFormsOfRfc9110) {
    EXPECT_EQ(format_http_date(example), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), example);
    EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), example);
    EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), example);
    EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 +0000"), example);
    for (const auto* bad :
         {"",
          "Sun, 06 Nov 1994 08:49:37",
          "Sun, 31 Feb 1994 08:49:37 GMT",
          "Sun, 06 Nov 1994 24:49:37 GMT",
          "06 Nov 1994",
          "Sun, 06 Nov 1994 08:49:37 GMT ",
          "Sun, 6 Nov 1994 08:49:37 GMT"})
        EXPECT_FALSE(parse_http_date(bad)) << bad;
}

TEST(FixedTexts, HaveTheDigitsOfEveryDay) {
    // Against strftime, over the years of wall_time.
    for (std::int64_t second = -9'000'000'000; second < 9'000'000'000; second += 86'399 * 37) {
        const auto text_of = [second](const char* form) {
            std::array<char, 64> out{};
            const std::time_t at = second;
            std::tm parts{};
            ::gmtime_r(&at, &parts);
            return std::string(out.data(), std::strftime(out.data(), out.size(), form, &parts));
        };
        const wall_time time{std::chrono::seconds(second)};
        ASSERT_EQ(as_text(http_date(time)), text_of("%a, %d %b %Y %H:%M:%S GMT"));
        ASSERT_EQ(as_text(iso8601(time)), text_of("%Y-%m-%dT%H:%M:%S.000Z"));
        ASSERT_EQ(as_text(amz_date(time)), text_of("%Y%m%dT%H%M%SZ"));
    }
}

TEST(Iso8601, KeepsMillisecondsAndReadsOffsets) {
    EXPECT_EQ(format_iso8601(example + 7ms), "1994-11-06T08:49:37.007Z");
    EXPECT_EQ(parse_iso8601("1994-11-06T08:49:37.007Z"), example + 7ms);
    EXPECT_EQ(parse_iso8601("1994-11-06T08:49:37Z"), example);
    EXPECT_EQ(parse_iso8601("1994-11-06T09:49:37+01:00"), example);
    EXPECT_EQ(parse_iso8601("1994-11-06T08:49:37.123456789Z"), example + 123ms);
    for (const auto* bad :
         {"", "1994-11-06", "1994-11-06T08:49:37", "1994-13-06T08:49:37Z", "1994-11-06T08:49:37.Z"})
        EXPECT_FALSE(parse_iso8601(bad)) << bad;
}

TEST(AmzDate, RoundTrips) {
    EXPECT_EQ(format_amz_date(example), "19941106T084937Z");
    EXPECT_EQ(parse_amz_date("19941106T084937Z"), example);
    for (const auto* bad : {"", "19941106", "19941106T084937", "19941106 084937Z", "19941106T084937Zx"})
        EXPECT_FALSE(parse_amz_date(bad)) << bad;
}

TEST(Times, OutsideTheRangeOfNanosecondsAreRefused) {
    EXPECT_TRUE(parse_amz_date("16780101T000000Z"));
    EXPECT_TRUE(parse_amz_date("22611231T235959Z"));
    EXPECT_FALSE(parse_amz_date("16771231T235959Z"));
    EXPECT_FALSE(parse_amz_date("22620101T000000Z"));
}

TEST(Times, BeforeTheEpochAreFormattedToo) {
    EXPECT_EQ(format_iso8601(wall_time{-1ms}), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace labstore
