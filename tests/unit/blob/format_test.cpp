#include "blob/blob_file_format.hpp"
#include "blob/segment_format.hpp"
#include "blob/usage_format.hpp"

#include <gtest/gtest.h>

namespace labstore::blob {
namespace {

// The bytes below are the format: a change here is a new format, not a fix of the test.

blob_id id_of(std::uint8_t first) {
    blob_id id;
    for (auto& byte : id)
        byte = static_cast<std::byte>(first++);
    return id;
}

owner sample_owner() {
    return {
        .partition = 0x1122,
        .key = "photos/cat",
        .token = "TOKEN6789ABCDEF0",
        .part_number = 3,
        .metadata = "m"};
}

std::string hex(std::string_view bytes) {
    return to_hex(as_bytes(bytes));
}

TEST(SegmentHeader, GoldenBytes) {
    const segment_header header{.number = 5, .incarnation = 0x0102030405060708, .size_bytes = 64 * MiB};
    const auto bytes = encode_segment_header(header);
    ASSERT_EQ(bytes.size(), 4096U);
    EXPECT_EQ(
        hex(bytes.substr(0, 40)),
        "4c535345474d3031"
        "0500000000000000"
        "0807060504030201"
        "0000000400000000"
        "a027969700000000"
    );
    EXPECT_EQ(bytes.substr(36), std::string(4096 - 36, '\0'));
    EXPECT_EQ(decode_segment_header(as_bytes(bytes)).value(), header);
}

TEST(SegmentHeader, RefusesDamageAndNewerFormats) {
    const auto bytes = encode_segment_header({.number = 5, .incarnation = 7, .size_bytes = 64 * MiB});
    for (std::size_t i = 0; i < 36; ++i) {
        auto damaged = bytes;
        damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
        EXPECT_EQ(decode_segment_header(as_bytes(damaged)).error(), errc::corrupt) << i;
    }
    auto newer = bytes;
    newer[7] = '2';
    store_little_endian(
        std::as_writable_bytes(std::span(newer)).data() + 32, crypto::crc32c(0, as_bytes(newer).first(32))
    );
    EXPECT_EQ(decode_segment_header(as_bytes(newer)).error(), errc::newer_format);
    EXPECT_EQ(decode_segment_header(as_bytes(bytes).first(35)).error(), errc::corrupt);
}

std::string sample_record() {
    const std::array<std::uint32_t, 2> crcs{0xAABBCCDD, 0x11223344};
    return encode_record_header(
        {.kind = record_kind::blob,
         .incarnation = 0x0102030405060708,
         .synced_end = 0x5000,
         .id = id_of(0xA0),
         .payload_size = 40'000,
         .block_crcs = crcs},
        sample_owner()
    );
}

TEST(Record, GoldenBytes) {
    EXPECT_EQ(
        hex(sample_record()),
        "4c535231"
        "01"
        "0f"
        "0a00"
        "0807060504030201"
        "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
        "2211000000000000"
        "03000000"
        "01000000"
        "409c0000"
        "00500000"
        "10000000"
        "8e3d1894"
        "70686f746f732f636174"
        "544f4b454e3637383941424344454630"
        "6d"
        "ddccbbaa44332211"
    );
}

TEST(Record, ReadsBackWhatWasWritten) {
    const auto bytes = sample_record();
    EXPECT_EQ(bytes.size(), record_header_size(sample_owner(), 40'000));
    EXPECT_EQ(peek_record(as_bytes(bytes), 0x0102030405060708), bytes.size());
    EXPECT_EQ(peek_record(as_bytes(bytes), 0), bytes.size());
    EXPECT_FALSE(peek_record(as_bytes(bytes), 0x0102030405060709)) << "a record of another life";
    const auto view = decode_record(as_bytes(bytes));
    ASSERT_TRUE(view);
    EXPECT_EQ(view->to_owner(), sample_owner());
    EXPECT_EQ(view->payload_size, 40'000U);
    EXPECT_EQ(view->synced_end, 0x5000U);
    EXPECT_EQ(view->id, id_of(0xA0));
    EXPECT_EQ(view->block_crc(0), 0xAABBCCDD);
    EXPECT_EQ(view->block_crc(1), 0x11223344U);
}

TEST(Record, RefusesEveryFlippedBitAndEveryPrefix) {
    const auto bytes = sample_record();
    for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
        auto damaged = bytes;
        damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ (1 << i % 8));
        EXPECT_FALSE(decode_record(as_bytes(damaged))) << i;
    }
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(decode_record(as_bytes(bytes).first(size))) << size;
}

TEST(Record, OverheadOfASmallObjectIsSmall) {
    owner whose = sample_owner();
    whose.key.assign(40, 'k');
    whose.metadata.assign(150, 'm');
    EXPECT_LE(record_size(record_header_size(whose, 1024), 1024), 1024U + 300U);
}

blob_footer sample_footer() {
    return {
        .id = id_of(0x10),
        .run = 0x0A0B0C0D0E0F0102,
        .payload_size = 70'000,
        .whose = sample_owner(),
        .block_crcs = {0xAABBCCDD, 0x11223344}};
}

TEST(BlobTail, GoldenBytes) {
    EXPECT_EQ(
        hex(encode_blob_tail(sample_footer())),
        "ddccbbaa44332211"
        "70686f746f732f636174"
        "544f4b454e3637383941424344454630"
        "6d"
        "4c53424c4f423031"
        "101112131415161718191a1b1c1d1e1f"
        "02010f0e0d0c0b0a"
        "7011010000000000"
        "2211000000000000"
        "03000000"
        "01000000"
        "0a00"
        "10"
        "10"
        "6f8bde1d"
    );
}

TEST(BlobTail, ReadsBackAndRefusesDamage) {
    const auto bytes = encode_blob_tail(sample_footer());
    EXPECT_EQ(peek_blob_tail(as_bytes(bytes).last(64), 70'000 + bytes.size()).value(), bytes.size());
    EXPECT_EQ(peek_blob_tail(as_bytes(bytes).last(64), 70'001 + bytes.size()).error(), errc::corrupt);
    const auto footer = decode_blob_tail(as_bytes(bytes));
    ASSERT_TRUE(footer);
    EXPECT_EQ(footer->whose, sample_owner());
    EXPECT_EQ(footer->block_crcs, sample_footer().block_crcs);
    EXPECT_EQ(footer->run, sample_footer().run);
    for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
        auto damaged = bytes;
        damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ (1 << i % 8));
        EXPECT_FALSE(decode_blob_tail(as_bytes(damaged))) << i;
    }
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(decode_blob_tail(as_bytes(bytes).last(size))) << size;
}

TEST(CloneOwner, GoldenBytesAndDamage) {
    const auto bytes = encode_clone_owner(
        {.id = id_of(0x10), .footer_id = id_of(0x40), .run = 0x0A0B0C0D0E0F0102, .whose = sample_owner()}
    );
    EXPECT_EQ(
        hex(bytes),
        "4c534f574e523031"
        "101112131415161718191a1b1c1d1e1f"
        "404142434445464748494a4b4c4d4e4f"
        "02010f0e0d0c0b0a"
        "2211000000000000"
        "03000000"
        "0a00"
        "1000"
        "01000000"
        "06f41324"
        "70686f746f732f636174"
        "544f4b454e3637383941424344454630"
        "6d"
    );
    const auto clone = decode_clone_owner(as_bytes(bytes));
    ASSERT_TRUE(clone);
    EXPECT_EQ(clone->whose, sample_owner());
    EXPECT_EQ(clone->footer_id, id_of(0x40));
    for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
        auto damaged = bytes;
        damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ (1 << i % 8));
        EXPECT_FALSE(decode_clone_owner(as_bytes(damaged))) << i;
    }
}

TEST(Usage, ReadsBackAndRefusesDamage) {
    const std::vector<segment_usage> entries{
        {.number = 1,
         .incarnation = 2,
         .size = 64 << 20,
         .used = 5000,
         .live = 4000,
         .state = saved_state::sealed},
        {.number = 9, .incarnation = 3, .size = 64 << 20, .used = 0, .live = 0, .state = saved_state::free}};
    const auto bytes = encode_usage(entries);
    EXPECT_EQ(
        hex(bytes.substr(0, 48)),
        "4c53555341473031"
        "0200000000000000"
        "0100000000000000"
        "0200000000000000"
        "00000004"
        "88130000"
        "a00f0000"
        "00000000"
    );
    EXPECT_EQ(decode_usage(as_bytes(bytes)).value(), entries);
    for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
        auto damaged = bytes;
        damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ (1 << i % 8));
        EXPECT_FALSE(decode_usage(as_bytes(damaged))) << i;
    }
}

TEST(Locator, GoldenBytesAndForeignOnes) {
    const auto packed = encode_locator(packed_locator{
        .segment = 5,
        .incarnation = 0x0102030405060708,
        .offset = 4096,
        .header_size = 250,
        .id = id_of(0xA0)});
    EXPECT_EQ(
        hex(packed),
        "0105000000000000000807060504030201"
        "00100000fa000000a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
    );
    const auto large = encode_locator(large_locator{.name = id_of(0x10), .footer_id = id_of(0x40)});
    EXPECT_EQ(hex(large), "02101112131415161718191a1b1c1d1e1f404142434445464748494a4b4c4d4e4f");
    EXPECT_TRUE(decode_packed_locator(packed));
    EXPECT_FALSE(decode_large_locator(packed));
    EXPECT_TRUE(decode_large_locator(large));
    EXPECT_FALSE(decode_packed_locator(large));
    EXPECT_FALSE(decode_packed_locator(""));
    EXPECT_FALSE(decode_large_locator(std::string(1, '\2')));
}

TEST(Names, OnlyOurOwnAreParsed) {
    const layout paths{"/store"};
    EXPECT_EQ(paths.segment(0x1F), "/store/segments/000000000000001f.seg");
    EXPECT_EQ(paths.blob_file(id_of(0xA0)), "/store/blobs/a0/a1/a0a1a2a3a4a5a6a7a8a9aaabacadaeaf");
    EXPECT_EQ(parse_segment_name("000000000000001f.seg"), 0x1FU);
    EXPECT_FALSE(parse_segment_name("000000000000001F.seg"));
    EXPECT_FALSE(parse_segment_name("usage"));
    EXPECT_EQ(parse_blob_name("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"), id_of(0xA0));
    EXPECT_FALSE(parse_blob_name("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf.owner"));
}

}  // namespace
}  // namespace labstore::blob
