#include "labstore/crypto.hpp"

#include <gtest/gtest.h>

#include <string>

namespace labstore::crypto {
namespace {

constexpr std::array all_algorithms{
    checksum_algorithm::crc32,
    checksum_algorithm::crc32c,
    checksum_algorithm::crc64nvme,
    checksum_algorithm::sha1,
    checksum_algorithm::sha256};

std::string summed(checksum_algorithm algorithm, std::string_view text) {
    checksum sum(algorithm);
    sum.update(as_bytes(text));
    return sum.finish();
}

TEST(Checksum, GivesBigEndianBytes) {
    EXPECT_EQ(to_hex(as_bytes(summed(checksum_algorithm::crc32, "123456789"))), "cbf43926");
    EXPECT_EQ(to_hex(as_bytes(summed(checksum_algorithm::crc32c, "123456789"))), "e3069283");
    EXPECT_EQ(to_hex(as_bytes(summed(checksum_algorithm::crc64nvme, "123456789"))), "ae8b14860a799888");
    EXPECT_EQ(
        to_hex(as_bytes(summed(checksum_algorithm::sha1, "abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d"
    );
    EXPECT_EQ(
        to_hex(as_bytes(summed(checksum_algorithm::sha256, "abc"))),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

TEST(Checksum, IncrementalEqualsOneShotAndIsReusable) {
    for (const auto algorithm : all_algorithms) {
        checksum sum(algorithm);
        for (int round = 0; round < 2; ++round) {
            sum.update(as_bytes("1234"));
            sum.update({});
            sum.update(as_bytes("56789"));
            EXPECT_EQ(sum.finish(), summed(algorithm, "123456789"));
        }
        EXPECT_EQ(sum.algorithm(), algorithm);
    }
}

TEST(Checksum, NamesAndSizes) {
    for (const auto algorithm : all_algorithms) {
        EXPECT_EQ(parse_checksum_name(checksum_name(algorithm)), algorithm);
        EXPECT_EQ(parse_checksum_name(to_lower(checksum_name(algorithm))), algorithm);
        EXPECT_EQ(summed(algorithm, "").size(), checksum_size_bytes(algorithm));
    }
    EXPECT_EQ(parse_checksum_name("CRC64"), std::nullopt);
    EXPECT_EQ(parse_checksum_name(""), std::nullopt);
    EXPECT_TRUE(is_crc(checksum_algorithm::crc64nvme));
    EXPECT_FALSE(is_crc(checksum_algorithm::sha1));
}

}  // namespace
}  // namespace labstore::crypto
