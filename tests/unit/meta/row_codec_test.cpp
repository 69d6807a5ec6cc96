#include "meta/row_codec.hpp"

#include <gtest/gtest.h>

namespace labstore::meta {
namespace {

TEST(RowCodec, KeysHaveTheWrittenLayout) {
    const auto stored = encode_key(partition_id{0x0102030405060708}, "key");
    EXPECT_EQ(stored, "\x01\x02\x03\x04\x05\x06\x07\x08key");
    const auto decoded = decode_key(stored);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->partition, partition_id{0x0102030405060708});
    EXPECT_EQ(decoded->key, "key");
    EXPECT_FALSE(decode_key("12345678"));
    EXPECT_FALSE(decode_key(""));
}

TEST(RowCodec, ValuesHaveTheWrittenLayout) {
    const auto rev = encode_revision(0x0102);
    const std::string stored = std::string(rev.data(), rev.size()) + "value";
    EXPECT_EQ(stored, std::string("\x02\x01\0\0\0\0\0\0value", 13));
    const auto decoded = decode_value(stored);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->rev, 0x0102U);
    EXPECT_EQ(decoded->value, "value");
    EXPECT_FALSE(decode_value(std::string("\x02\x01\0\0\0\0\0\0", 8)));
    EXPECT_FALSE(decode_value(std::string("\0\0\0\0\0\0\0\0v", 9)));
}

TEST(RowCodec, EndOfPrefixCarries) {
    EXPECT_EQ(end_of_prefix("ab"), "ac");
    EXPECT_EQ(end_of_prefix("a\xFF\xFF"), "b");
    EXPECT_EQ(end_of_prefix("\xFF\xFF"), "");
    EXPECT_EQ(end_of_prefix(""), "");
    EXPECT_EQ(end_of_prefix("\x7F"), "\x80");
}

}  // namespace
}  // namespace labstore::meta
