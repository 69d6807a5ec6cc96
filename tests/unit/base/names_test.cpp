#include "labstore/base/names.hpp"

#include <gtest/gtest.h>

namespace labstore {
namespace {

TEST(BucketName, FollowsTheRulesOfAws) {
    for (const auto* good : {"abc", "a1-b.c", "0ab", "123.456.789", "1.2.3"})
        EXPECT_TRUE(bucket_name::parse(good)) << good;
    EXPECT_TRUE(bucket_name::parse(std::string(63, 'a')));
    for (const auto* bad :
         {"",
          "ab",
          "Abc",
          "a_b",
          "-abc",
          "abc-",
          ".abc",
          "abc.",
          "a..b",
          "192.168.5.4",
          "xn--abc",
          "sthree-abc",
          "amzn-s3-demo-x",
          "abc-s3alias",
          "abc--ol-s3",
          "abc.mrap",
          "abc--x-s3",
          "abc--table-s3",
          "a b",
          "a/b"})
        EXPECT_FALSE(bucket_name::parse(bad)) << bad;
    EXPECT_FALSE(bucket_name::parse(std::string(64, 'a')));
}

TEST(ObjectKey, TakesAnyUtf8UpToItsLimit) {
    for (const auto* good : {"a", "/", "../../etc/passwd", "a//b", "\x01\x7f", "\xF0\x9F\x98\x80", "."})
        EXPECT_TRUE(object_key::parse(good)) << good;
    EXPECT_TRUE(object_key::parse(std::string_view("a\0b", 3)));
    EXPECT_TRUE(object_key::parse(std::string(object_key_bytes_max, 'k')));
    EXPECT_EQ(
        to_errc(object_key::parse(std::string(object_key_bytes_max + 1, 'k')).error()), errc::key_too_long
    );
    EXPECT_EQ(to_errc(object_key::parse("\xFF").error()), errc::invalid_key);
    EXPECT_EQ(to_errc(object_key::parse("").error()), errc::invalid_argument);
}

}  // namespace
}  // namespace labstore
