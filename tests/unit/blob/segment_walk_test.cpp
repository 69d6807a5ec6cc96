#include "blob/segment_walk.hpp"

#include "support/blob/memory_file_system.hpp"
#include "support/blob/store_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::blob::testing {
namespace {

constexpr std::uint64_t life = 77;
constexpr std::uint32_t file_size = 256 * KiB;

/// A segment made by hand.
class SegmentWalkTest : public ::testing::Test {
  protected:
    void SetUp() override {
        auto made = memory_.open("/segment", open_mode::create);
        ASSERT_TRUE(made);
        data_ = std::move(*made);
        ASSERT_TRUE(data_->allocate(file_size));
    }

    /// Where it begins.
    std::uint32_t append(
        const std::string& key, std::size_t size, std::uint32_t synced_end, std::uint64_t incarnation
    ) {
        const auto payload = pattern(size, size);
        block_checksums checksums(record_block_size);
        checksums.update(as_bytes(payload));
        const auto whose = owner_of(key);
        const auto header = encode_record_header(
            {.kind = record_kind::blob,
             .incarnation = incarnation,
             .synced_end = synced_end,
             .id = make_blob_id(),
             .payload_size = static_cast<std::uint32_t>(size),
             .block_crcs = checksums.finish()},
            whose
        );
        const std::array<byte_span, 2> pieces{as_bytes(header), as_bytes(payload)};
        EXPECT_TRUE(data_->write(end_, pieces));
        const auto here = end_;
        end_ += static_cast<std::uint32_t>(record_size(header.size(), size));
        return here;
    }

    std::vector<std::string> keys(segment_walk& walk) {
        std::vector<std::string> out;
        while (true) {
            auto record = walk.next();
            EXPECT_TRUE(record);
            if (!record || !*record)
                return out;
            std::vector<std::byte> payload((*record)->payload_size);
            const auto read = read_payload(*data_, **record, payload);
            out.push_back((*record)->whose.key + (read ? "" : " damaged"));
        }
    }

    void flip(std::uint32_t offset) {
        auto byte = memory_.content("/segment").substr(offset, 1);
        byte[0] = static_cast<char>(byte[0] ^ 1);
        memory_.overwrite("/segment", offset, as_bytes(byte));
    }

    memory_file_system memory_;
    std::unique_ptr<file> data_;
    std::uint32_t end_ = segment_header_size;
};

TEST_F(SegmentWalkTest, FindsAllRecordsAndStopsAtTheEnd) {
    append("a", 10, 4096, life);
    append("b", 100'000, 4096, life);
    append("c", 0, 4096, life);
    segment_walk walk(*data_, life, file_size);
    EXPECT_EQ(keys(walk), (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_EQ(walk.offset(), end_);
    EXPECT_TRUE(walk.gaps().empty());
    segment_walk unknown_life(*data_, 0, file_size);
    EXPECT_EQ(keys(unknown_life).size(), 3U);
    EXPECT_EQ(unknown_life.incarnation(), life);
}

TEST_F(SegmentWalkTest, RecordsOfAnEarlierLifeAreNotThere) {
    append("old", 1000, 4096, life - 1);
    const auto old_end = end_;
    append("older", 1000, 4096, life - 1);
    segment_walk empty(*data_, life, file_size);
    EXPECT_TRUE(keys(empty).empty());
    end_ = segment_header_size;
    append("new", 1000, 4096, life);
    ASSERT_LE(end_, old_end);
    segment_walk walk(*data_, life, file_size);
    EXPECT_EQ(keys(walk), std::vector<std::string>{"new"});
}

TEST_F(SegmentWalkTest, DamageBeforeASyncedEndIsTold) {
    append("a", 1000, 4096, life);
    const auto second = append("b", 1000, 4096, life);
    append("c", 1000, end_, life);
    flip(second + 20);
    segment_walk walk(*data_, life, file_size);
    EXPECT_EQ(keys(walk), (std::vector<std::string>{"a", "c"}));
    ASSERT_EQ(walk.gaps().size(), 1U);
    EXPECT_EQ(walk.gaps().front().first, second);
    EXPECT_TRUE(walk.damaged());
}

TEST_F(SegmentWalkTest, WhatACrashLeftOfTheLastGroupIsNoDamage) {
    append("a", 1000, 4096, life);
    const auto synced = end_;
    const auto torn = append("b", 1000, synced, life);
    append("c", 1000, synced, life);
    flip(torn + 20);
    segment_walk walk(*data_, life, file_size);
    EXPECT_EQ(keys(walk), (std::vector<std::string>{"a", "c"}));
    EXPECT_FALSE(walk.damaged());
}

TEST_F(SegmentWalkTest, ADamagedPayloadIsToldFromItsHeader) {
    append("a", 40'000, 4096, life);
    flip(end_ - 100);
    segment_walk walk(*data_, life, file_size);
    EXPECT_EQ(keys(walk), std::vector<std::string>{"a damaged"});
}

TEST_F(SegmentWalkTest, ARecordThatWouldReachPastTheEndIsNone) {
    append("a", 1000, 4096, life);
    segment_walk walk(*data_, life, end_ - 8);
    EXPECT_TRUE(keys(walk).empty());
    segment_walk nothing(*data_, life, 0);
    EXPECT_TRUE(keys(nothing).empty());
}

}  // namespace
}  // namespace labstore::blob::testing
