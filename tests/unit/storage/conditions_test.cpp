#include "storage/conditions.hpp"

#include "storage/checksums.hpp"

#include <gtest/gtest.h>

namespace labstore::storage {
namespace {

using namespace std::chrono_literals;

object_info object() {
    object_info out;
    out.etag = "abc";
    out.size_bytes = 7;
    out.modified = wall_time(1'000'000'000s) + 400ms;
    return out;
}

wall_time at(std::chrono::seconds offset) {
    return wall_time(1'000'000'000s) + offset;
}

errc code(const result<void>& outcome) {
    return outcome ? errc::ok : to_errc(outcome.error());
}

TEST(etag_matches, lists_quotes_weak_tags_and_star) {
    using enum etag_comparison;
    for (const auto how : {strong, weak}) {
        EXPECT_TRUE(etag_matches("\"abc\"", "abc", how));
        EXPECT_TRUE(etag_matches("abc", "abc", how));
        EXPECT_TRUE(etag_matches("\"x\", \"abc\"", "abc", how));
        EXPECT_TRUE(etag_matches("W/\"x\", \"abc\"", "abc", how));
        EXPECT_TRUE(etag_matches("*", "abc", how));
        EXPECT_FALSE(etag_matches("\"x\"", "abc", how));
        EXPECT_FALSE(etag_matches("", "abc", how));
        EXPECT_FALSE(etag_matches("\"\"", "abc", how));
        EXPECT_FALSE(etag_matches("\"ab\"", "abc", how));
    }
    EXPECT_TRUE(etag_matches("W/\"abc\"", "abc", weak));
    EXPECT_FALSE(etag_matches("W/\"abc\"", "abc", strong));
}

TEST(read_conditions, follow_the_order_of_the_rfc) {
    struct row {
        const char* name;
        read_conditions conditions;
        errc expected;
    };

    const std::vector<row> rows{
        {"none", {}, errc::ok},
        {"match", {"\"abc\"", {}, {}, {}}, errc::ok},
        {"no match", {"\"x\"", {}, {}, {}}, errc::precondition_failed},
        {"none match", {{}, "\"abc\"", {}, {}}, errc::not_modified},
        {"match of a weak tag", {"W/\"abc\"", {}, {}, {}}, errc::precondition_failed},
        {"none match of a weak tag", {{}, "W/\"abc\"", {}, {}}, errc::not_modified},
        {"none match of another", {{}, "\"x\"", {}, {}}, errc::ok},
        {"modified since, same second", {{}, {}, at(0s), {}}, errc::not_modified},
        {"modified since, before", {{}, {}, at(-1s), {}}, errc::ok},
        {"unmodified since, same second", {{}, {}, {}, at(0s)}, errc::ok},
        {"unmodified since, before", {{}, {}, {}, at(-1s)}, errc::precondition_failed},
        {"match wins over unmodified", {"\"abc\"", {}, {}, at(-1s)}, errc::ok},
        {"none match wins over modified", {{}, "\"x\"", at(0s), {}}, errc::ok},
        {"match first, then none match", {"\"abc\"", "\"abc\"", {}, {}}, errc::not_modified},
    };
    for (const auto& one : rows)
        EXPECT_EQ(code(judge(one.conditions, object())), one.expected) << one.name;
}

TEST(write_conditions, judge_presence_and_etag) {
    const std::string etag = "abc";
    EXPECT_EQ(code(judge(write_conditions{}, nullptr)), errc::ok);
    EXPECT_EQ(code(judge(write_conditions{{}, "*"}, nullptr)), errc::ok);
    EXPECT_EQ(code(judge(write_conditions{{}, "*"}, &etag)), errc::precondition_failed);
    EXPECT_EQ(code(judge(write_conditions{{}, "\"x\""}, &etag)), errc::ok);
    EXPECT_EQ(code(judge(write_conditions{{}, "\"abc\""}, &etag)), errc::precondition_failed);
    EXPECT_EQ(code(judge(write_conditions{"\"abc\"", {}}, &etag)), errc::ok);
    EXPECT_EQ(code(judge(write_conditions{"\"x\"", {}}, &etag)), errc::precondition_failed);
    EXPECT_EQ(code(judge(write_conditions{"W/\"abc\"", {}}, &etag)), errc::precondition_failed);
    EXPECT_EQ(code(judge(write_conditions{"\"abc\"", {}}, nullptr)), errc::no_such_key);
}

TEST(delete_conditions, judge_etag_time_and_size) {
    EXPECT_EQ(code(judge(delete_conditions{}, object())), errc::ok);
    EXPECT_EQ(code(judge(delete_conditions{"\"abc\"", at(0s), 7}, object())), errc::ok);
    EXPECT_EQ(code(judge(delete_conditions{"\"x\"", {}, {}}, object())), errc::precondition_failed);
    EXPECT_EQ(code(judge(delete_conditions{{}, at(1s), {}}, object())), errc::precondition_failed);
    EXPECT_EQ(code(judge(delete_conditions{{}, {}, 8}, object())), errc::precondition_failed);
}

TEST(checksums, types_that_exist) {
    using algorithm = crypto::checksum_algorithm;
    EXPECT_EQ(is_composite(algorithm::crc64nvme, checksum_type::unspecified).value(), false);
    EXPECT_EQ(is_composite(algorithm::crc64nvme, checksum_type::composite).error(), errc::invalid_request);
    EXPECT_EQ(is_composite(algorithm::sha256, checksum_type::unspecified).value(), true);
    EXPECT_EQ(is_composite(algorithm::sha1, checksum_type::full_object).error(), errc::invalid_request);
    EXPECT_EQ(is_composite(algorithm::crc32, checksum_type::unspecified).value(), true);
    EXPECT_EQ(is_composite(algorithm::crc32c, checksum_type::full_object).value(), false);
}

}  // namespace
}  // namespace labstore::storage
