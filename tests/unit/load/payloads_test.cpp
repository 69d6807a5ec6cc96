// Contents: their hashes, their differences, and what the check of a read finds.
#include "load/payloads.hpp"
#include "load/object_pool.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace labstore::load {
namespace {

std::string whole(const payload_pool::content& content) {
    return std::string(as_text(content.body)) + std::string(as_text(content.tail()));
}

TEST(PayloadPool, HashesAreThoseOfTheContents) {
    for (const char* const sizes : {"0", "7", "32", "33", "4KiB", "uniform:0-200", "list:10*1,5KiB*1"}) {
        SCOPED_TRACE(sizes);
        const payload_pool pool(*size_distribution::parse(sizes), 3, payload_form::hashed);
        for (std::uint64_t object = 0; object < 40; ++object) {
            const auto content = pool.make({object, object % 3});
            EXPECT_EQ(pool.sha256_hex(content), to_hex(crypto::sha256(as_bytes(whole(content)))));
            EXPECT_EQ(content.size_bytes(), whole(content).size());
        }
    }
}

TEST(PayloadPool, ContentsDifferByObjectAndVersionAndRepeatThemselves) {
    const payload_pool pool(size_distribution::fixed(4096), 3, payload_form::hashed);
    const payload_pool again(size_distribution::fixed(4096), 3, payload_form::hashed);
    const payload_pool other(size_distribution::fixed(4096), 4, payload_form::hashed);
    std::set<std::string> seen;
    for (std::uint64_t object = 0; object < 50; ++object)
        for (std::uint64_t version = 1; version < 10; ++version) {
            const auto text = whole(pool.make({object, version}));
            EXPECT_EQ(text, whole(again.make({object, version})));
            EXPECT_NE(text, whole(other.make({object, version})));
            EXPECT_TRUE(seen.insert(text).second);
        }
}

TEST(PayloadPool, SizesFollowTheDistribution) {
    const payload_pool pool(
        *size_distribution::parse("list:1KiB*75,8KiB*25"), 1, payload_form::unsigned_payload
    );
    int large = 0;
    for (std::uint64_t object = 0; object < 10'000; ++object)
        large += pool.make({object, 1}).size_bytes() == 8 * KiB ? 1 : 0;
    EXPECT_NEAR(large, 2500, 200);
}

bool accepted(const payload_pool::content& expected, const std::string& text, std::size_t piece_bytes) {
    content_check check(expected);
    for (std::size_t at = 0; at < text.size(); at += piece_bytes)
        check.take(as_bytes(std::string_view(text).substr(at, piece_bytes)));
    return check.good();
}

TEST(ContentCheck, TakesTheContentInAnyPiecesAndNothingElse) {
    const payload_pool pool(size_distribution::fixed(100), 3, payload_form::hashed);
    const auto expected = pool.make({5, 2});
    const auto text = whole(expected);
    for (const std::size_t piece : {1U, 3U, 31U, 68U, 69U, 100U}) {
        EXPECT_TRUE(accepted(expected, text, piece)) << piece;
        EXPECT_FALSE(accepted(expected, text + "x", piece)) << piece;
        EXPECT_FALSE(accepted(expected, text.substr(0, 99), piece)) << piece;
        EXPECT_FALSE(accepted(expected, whole(pool.make({5, 1})), piece)) << piece;
    }
    for (std::size_t at = 0; at < text.size(); ++at) {
        auto flipped = text;
        flipped[at] = static_cast<char>(flipped[at] ^ 1);
        EXPECT_FALSE(accepted(expected, flipped, 16)) << at;
    }
}

TEST(ObjectPool, KeepsWritersAwayFromReaders) {
    object_pool::random random(1);
    object_pool pool(100, 2);
    EXPECT_FALSE(pool.begin_read(random));
    EXPECT_FALSE(pool.begin_delete(random));
    const auto first = pool.begin_write(random);
    ASSERT_TRUE(first);
    EXPECT_EQ(pool.content(*first).object, 100U);
    EXPECT_EQ(pool.content(*first).version, 1U);
    EXPECT_FALSE(pool.begin_read(random));
    pool.end_write(*first, true);
    const auto read = pool.begin_read(random);
    ASSERT_EQ(read, first);
    EXPECT_FALSE(pool.begin_delete(random));
    const auto second = pool.begin_write(random);
    ASSERT_TRUE(second);
    EXPECT_NE(second, first);
    pool.end_write(*second, true);
    const auto rewritten = pool.begin_write(random);
    ASSERT_EQ(rewritten, second);
    EXPECT_EQ(pool.content(*rewritten).version, 2U);
    EXPECT_FALSE(pool.begin_write(random));
    pool.end_read(*read);
    EXPECT_EQ(pool.begin_delete(random), first);
    EXPECT_EQ(pool.existing(), 0U);
}

TEST(ObjectPool, WhatFailedToBeWrittenIsNotReadButCleanedUp) {
    object_pool::random random(1);
    object_pool pool(0, 3);
    const auto failed = pool.begin_write(random);
    ASSERT_TRUE(failed);
    pool.end_write(*failed, false);
    EXPECT_EQ(pool.missing(), 3U);
    EXPECT_FALSE(pool.begin_read(random));
    EXPECT_EQ(pool.take_written(), failed);
    EXPECT_FALSE(pool.take_written());
}

TEST(ObjectPool, FillsUpAndIsEmptiedOnce) {
    object_pool::random random(1);
    object_pool pool(0, 50);
    std::set<std::size_t> written;
    while (pool.missing() > 0) {
        const auto index = pool.begin_write(random);
        ASSERT_TRUE(index);
        pool.end_write(*index, true);
        EXPECT_TRUE(written.insert(*index).second);
    }
    EXPECT_EQ(pool.existing(), 50U);
    for (auto index = pool.take_written(); index; index = pool.take_written())
        EXPECT_EQ(written.erase(*index), 1U);
    EXPECT_TRUE(written.empty());
}

}  // namespace
}  // namespace labstore::load
