#include "support/storage/store_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::storage {
namespace {

class copy : public testing::TestWithParam<backend> {
  protected:
    void SetUp() override {
        ASSERT_TRUE(at.create_bucket("photos"));
        ASSERT_TRUE(at.create_bucket("archive"));
        put_request request;
        request.attributes.content_type = "text/plain";
        request.attributes.user_metadata = {{"a", "1"}};
        request.attributes.tags = {{"k", "v"}};
        request.checksum = checksum_of(crypto::checksum_algorithm::crc32, bytes);
        ASSERT_TRUE(at.put("photos", "a", bytes, request));
    }

    copy_request request(const std::string& bucket, const std::string& key) {
        copy_request out;
        out.source = {"photos", "a", {}};
        out.bucket = bucket;
        out.key = key;
        out.owner = test_owner();
        return out;
    }

    result<put_result> run(copy_request wanted) { return at.wait(at.store().copy_object(std::move(wanted))); }

    std::string multipart(const std::string& key, std::vector<std::string> parts) {
        const auto id = at.create_upload("photos", key);
        std::vector<part_info> done;
        std::string all;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            done.push_back(*at.put_part("photos", key, *id, static_cast<std::uint32_t>(i + 1), parts[i]));
            all += parts[i];
        }
        EXPECT_TRUE(at.complete("photos", key, *id, done));
        return all;
    }

    const std::string bytes = pattern(100'000, 1);
    store_fixture at{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(
    over,
    copy,
    testing::Values(backend::memory, backend::local),
    [](const auto& parameter) { return parameter.param == backend::memory ? "memory" : "local"; }
);

TEST_P(copy, keeps_what_the_source_has) {
    const auto done = run(request("archive", "b"));
    ASSERT_TRUE(done);
    EXPECT_EQ(done->etag, md5_hex(bytes));
    ASSERT_TRUE(at.remove("photos", "a"));
    at.reopen();
    EXPECT_TRUE(at.get("archive", "b").value() == bytes) << "a copy has its own life";
    const auto info = at.stat("archive", "b");
    EXPECT_EQ(info->attributes.content_type, "text/plain");
    EXPECT_EQ(info->attributes.user_metadata.size(), 1U);
    EXPECT_EQ(info->attributes.tags.size(), 1U);
    EXPECT_EQ(info->checksum, checksum_of(crypto::checksum_algorithm::crc32, bytes));
}

TEST_P(copy, replaces_metadata_and_tags_each_by_itself) {
    auto wanted = request("archive", "b");
    wanted.replace_metadata.emplace();
    wanted.replace_metadata->content_type = "image/png";
    wanted.storage_class = "GLACIER";
    ASSERT_TRUE(run(wanted));
    auto info = at.stat("archive", "b");
    EXPECT_EQ(info->attributes.content_type, "image/png");
    EXPECT_TRUE(info->attributes.user_metadata.empty());
    EXPECT_EQ(info->attributes.tags.size(), 1U);
    EXPECT_EQ(info->attributes.storage_class, "GLACIER");
    wanted = request("archive", "b");
    wanted.replace_tags.emplace();
    ASSERT_TRUE(run(wanted));
    info = at.stat("archive", "b");
    EXPECT_TRUE(info->attributes.tags.empty());
    EXPECT_EQ(info->attributes.content_type, "text/plain");
    EXPECT_EQ(info->attributes.storage_class, "");
}

TEST_P(copy, onto_itself_needs_a_change) {
    EXPECT_EQ(run(request("photos", "a")).error(), errc::invalid_copy_dest);
    auto wanted = request("photos", "a");
    wanted.storage_class = "STANDARD";
    EXPECT_EQ(run(wanted).error(), errc::invalid_copy_dest);
    wanted.replace_metadata.emplace();
    wanted.replace_metadata->content_type = "image/png";
    const auto before = at.stat("photos", "a")->modified;
    const auto done = run(wanted);
    ASSERT_TRUE(done);
    EXPECT_GT(done->modified, before);
    EXPECT_EQ(at.stat("photos", "a")->attributes.content_type, "image/png");
    EXPECT_TRUE(at.get("photos", "a").value() == bytes);
    // The bytes are still named after a clean-up pass.
    at.start_maintenance();
    at.reopen();
    EXPECT_TRUE(at.get("photos", "a").value() == bytes);
}

TEST_P(copy, judges_the_source) {
    auto wanted = request("archive", "b");
    wanted.source_conditions.if_match = "\"x\"";
    EXPECT_EQ(run(wanted).error(), errc::precondition_failed);
    wanted.source_conditions = {};
    wanted.source_conditions.if_none_match = '"' + md5_hex(bytes) + '"';
    EXPECT_EQ(run(wanted).error(), errc::precondition_failed);
    wanted = request("archive", "b");
    wanted.source.key = "missing";
    EXPECT_EQ(run(wanted).error(), errc::no_such_key);
    wanted.source.bucket = "nowhere";
    EXPECT_EQ(run(wanted).error(), errc::no_such_bucket);
    EXPECT_EQ(run(request("nowhere", "b")).error(), errc::no_such_bucket);
    EXPECT_EQ(run(request("archive", std::string(1025, 'k'))).error(), errc::key_too_long);
}

TEST_P(copy, judges_the_target) {
    auto wanted = request("archive", "b");
    wanted.conditions.if_match = "\"x\"";
    EXPECT_EQ(run(wanted).error(), errc::no_such_key);
    wanted.conditions = {};
    wanted.conditions.if_none_match = "*";
    EXPECT_TRUE(run(wanted));
    EXPECT_EQ(run(wanted).error(), errc::precondition_failed);
}

TEST_P(copy, computes_another_checksum) {
    auto wanted = request("archive", "b");
    wanted.checksum_algorithm = crypto::checksum_algorithm::sha256;
    const auto done = run(wanted);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->checksum, checksum_of(crypto::checksum_algorithm::sha256, bytes));
    // For itself as well.
    wanted = request("photos", "a");
    wanted.checksum_algorithm = crypto::checksum_algorithm::crc64nvme;
    ASSERT_TRUE(run(wanted));
    EXPECT_EQ(at.stat("photos", "a")->checksum, checksum_of(crypto::checksum_algorithm::crc64nvme, bytes));
}

TEST_P(copy, of_parts_keeps_parts) {
    const auto all = multipart("m", {pattern(70'000, 1), pattern(100, 2), pattern(70'000, 3)});
    auto wanted = request("archive", "m");
    wanted.source.key = "m";
    const auto done = run(wanted);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->etag, at.stat("photos", "m")->etag);
    ASSERT_TRUE(at.remove("photos", "m"));
    at.settle([&] { return at.store().stats().clean_up_pending == 0; });
    EXPECT_TRUE(at.get("archive", "m").value() == all);
    EXPECT_EQ(at.stat("archive", "m")->parts_count, 3U);
    EXPECT_EQ(at.wait(at.store().list_object_parts({"archive", "m", {}}, 1, 10))->size(), 2U);
}

TEST_P(copy, of_nothing) {
    ASSERT_TRUE(at.put("photos", "empty", ""));
    auto wanted = request("archive", "empty");
    wanted.source.key = "empty";
    ASSERT_TRUE(run(wanted));
    EXPECT_EQ(at.get("archive", "empty").value(), "");
}

TEST_P(copy, over_an_existing_object_gives_its_bytes_back) {
    ASSERT_TRUE(at.put("archive", "b", pattern(50'000, 9)));
    ASSERT_TRUE(run(request("archive", "b")));
    EXPECT_TRUE(at.get("archive", "b").value() == bytes);
    if (GetParam() == backend::memory) {
        EXPECT_TRUE(at.settle([&] { return at.memory_blobs().count() == 2; }));
    }
}

TEST_P(copy, of_a_too_large_object_is_refused) {
    const auto all = multipart("m", {pattern(5 * MiB, 1), pattern(5 * MiB, 2)});
    auto wanted = request("archive", "m");
    wanted.source.key = "m";
    EXPECT_EQ(run(wanted).error(), errc::invalid_request);
}

TEST(copies, that_fail_leave_nothing) {
    for (const auto what : {meta::injected::full, meta::injected::busy}) {
        store_fixture at(backend::memory);
        ASSERT_TRUE(at.create_bucket("photos"));
        ASSERT_TRUE(at.put("photos", "a", "1"));
        at.memory_index().inject(what);
        copy_request wanted;
        wanted.source = {"photos", "a", {}};
        wanted.bucket = "photos";
        wanted.key = "b";
        EXPECT_FALSE(at.wait(at.store().copy_object(wanted)));
        EXPECT_EQ(at.memory_blobs().count(), 1U);
    }
}

TEST(copies, follow_a_source_that_moved) {
    store_fixture at(backend::memory);
    ASSERT_TRUE(at.create_bucket("photos"));
    ASSERT_TRUE(at.put("photos", "a", "1"));
    at.memory_blobs().inject(blob::blob_call::clone, errc::no_such_key);
    copy_request wanted;
    wanted.source = {"photos", "a", {}};
    wanted.bucket = "photos";
    wanted.key = "b";
    EXPECT_TRUE(at.wait(at.store().copy_object(wanted)));
    // Twice from the same place is a loss, not a move.
    at.memory_blobs().inject(blob::blob_call::clone, errc::no_such_key);
    at.memory_blobs().inject(blob::blob_call::clone, errc::no_such_key, 1);
    EXPECT_EQ(at.wait(at.store().copy_object(wanted)).error(), errc::corrupt);
}

}  // namespace
}  // namespace labstore::storage
