#include "support/storage/store_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::storage {
namespace {

class object : public testing::TestWithParam<backend> {
  protected:
    void SetUp() override { ASSERT_TRUE(at.create_bucket("photos")); }

    store_fixture at{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(
    over,
    object,
    testing::Values(backend::memory, backend::local),
    [](const auto& parameter) { return parameter.param == backend::memory ? "memory" : "local"; }
);

TEST_P(object, comes_back_as_it_was_put) {
    put_request request;
    request.owner = {std::string(64, 'b'), "writer"};
    request.attributes.content_type = "text/plain";
    request.attributes.cache_control = "no-cache";
    request.attributes.content_disposition = "inline";
    request.attributes.content_encoding = "gzip";
    request.attributes.content_language = "de";
    request.attributes.expires = "tomorrow";
    request.attributes.website_redirect = "/there";
    request.attributes.storage_class = "REDUCED_REDUNDANCY";
    request.attributes.user_metadata = {{"a", "1"}, {"b", ""}};
    request.attributes.tags = {{"k", "v"}};
    request.checksum = checksum_of(crypto::checksum_algorithm::sha256, "hello");
    const auto put = at.put("photos", "a/b", "hello", request);
    ASSERT_TRUE(put);
    EXPECT_EQ(put->etag, md5_hex("hello"));
    EXPECT_EQ(put->size_bytes, 5U);
    EXPECT_EQ(put->checksum, request.checksum);
    at.reopen();

    EXPECT_EQ(at.get("photos", "a/b").value(), "hello");
    const auto info = at.stat("photos", "a/b");
    ASSERT_TRUE(info);
    EXPECT_EQ(info->key, "a/b");
    EXPECT_EQ(info->size_bytes, 5U);
    EXPECT_EQ(info->etag, put->etag);
    EXPECT_EQ(info->modified, put->modified);
    EXPECT_EQ(info->owner.id, request.owner.id);
    EXPECT_EQ(info->owner.display_name, "writer");
    EXPECT_EQ(info->checksum, request.checksum);
    EXPECT_EQ(info->parts_count, 0U);
    EXPECT_TRUE(info->version_id.empty());
    EXPECT_EQ(info->attributes.content_type, "text/plain");
    EXPECT_EQ(info->attributes.cache_control, "no-cache");
    EXPECT_EQ(info->attributes.content_disposition, "inline");
    EXPECT_EQ(info->attributes.content_encoding, "gzip");
    EXPECT_EQ(info->attributes.content_language, "de");
    EXPECT_EQ(info->attributes.expires, "tomorrow");
    EXPECT_EQ(info->attributes.website_redirect, "/there");
    EXPECT_EQ(info->attributes.storage_class, "REDUCED_REDUNDANCY");
    EXPECT_EQ(info->attributes.user_metadata, request.attributes.user_metadata);
    EXPECT_EQ(info->attributes.tags, request.attributes.tags);
}

TEST_P(object, of_any_size_and_piece) {
    for (const std::size_t size : {0, 1, 4096, 65'535, 65'536, 65'537, 300'000, 2'000'000}) {
        const auto bytes = pattern(size, static_cast<std::uint32_t>(size));
        ASSERT_TRUE(at.put("photos", "k", bytes));
        EXPECT_TRUE(at.get("photos", "k").value() == bytes) << size;
        EXPECT_TRUE(at.get("photos", "k", 10'007).value() == bytes) << size;
    }
}

TEST_P(object, owner_of_the_bucket_is_the_default) {
    ASSERT_TRUE(at.put("photos", "a", "1"));
    EXPECT_EQ(at.stat("photos", "a")->owner.id, test_owner().id);
    EXPECT_EQ(at.stat("photos", "a")->owner.display_name, test_owner().display_name);
}

TEST_P(object, keys_are_any_text) {
    using namespace std::string_literals;
    const std::vector<std::string> keys{
        "../../etc/passwd", "/", "//a", "a\0b"s, "\x01\x1f", ".", "\xf0\x9f\x98\x80", std::string(1024, 'k')};
    for (const auto& key : keys)
        ASSERT_TRUE(at.put("photos", key, "of " + key)) << key;
    for (const auto& key : keys)
        EXPECT_EQ(at.get("photos", key).value(), "of " + key);
    EXPECT_EQ(at.put("photos", std::string(1025, 'k'), "x").error(), errc::key_too_long);
    EXPECT_EQ(at.put("photos", "\xff", "x").error(), errc::invalid_key);
    EXPECT_EQ(at.list({"photos", "", "", "", 1000}).size(), keys.size());
}

TEST_P(object, missing_things_are_named) {
    EXPECT_EQ(at.get("nowhere", "a").error(), errc::no_such_bucket);
    EXPECT_EQ(at.get("photos", "a").error(), errc::no_such_key);
    EXPECT_EQ(at.stat("photos", "a").error(), errc::no_such_key);
    EXPECT_EQ(at.put("nowhere", "a", "1").error(), errc::no_such_bucket);
    ASSERT_TRUE(at.put("photos", "a", "1"));
    EXPECT_TRUE(at.wait(at.store().stat_object({"photos", "a", "null"})));
    EXPECT_EQ(at.wait(at.store().stat_object({"photos", "a", "abc"})).error(), errc::no_such_version);
    EXPECT_EQ(at.wait(at.store().stat_object({"photos", "b", "null"})).error(), errc::no_such_version);
    EXPECT_TRUE(at.wait(at.store().list_object_parts({"photos", "a", {}}, 0, 10))->empty());
}

TEST_P(object, last_write_wins_and_conditions_hold) {
    ASSERT_TRUE(at.put("photos", "a", "1"));
    ASSERT_TRUE(at.put("photos", "a", "2"));
    EXPECT_EQ(at.get("photos", "a").value(), "2");
    put_request only_new;
    only_new.conditions.if_none_match = "*";
    EXPECT_EQ(at.put("photos", "a", "3", only_new).error(), errc::precondition_failed);
    EXPECT_TRUE(at.put("photos", "b", "3", only_new));
    put_request only_that;
    only_that.conditions.if_match = '"' + md5_hex("2") + '"';
    EXPECT_TRUE(at.put("photos", "a", "4", only_that));
    EXPECT_EQ(at.put("photos", "a", "5", only_that).error(), errc::precondition_failed);
    EXPECT_EQ(at.put("photos", "c", "5", only_that).error(), errc::no_such_key);
    EXPECT_EQ(at.get("photos", "a").value(), "4");
}

TEST_P(object, sizes_have_limits) {
    auto declared = at.wait(at.store().begin_object("photos", "a", 8 * MiB + 1));
    EXPECT_EQ(declared.error(), errc::entity_too_large);
    auto stream = at.wait(at.store().begin_object("photos", "a", std::nullopt));
    ASSERT_TRUE(stream);
    const std::string piece(1 * MiB, 'x');
    for (int i = 0; i < 8; ++i)
        ASSERT_TRUE(at.wait(fill(**stream, piece)));
    // One byte more is noticed at the next room asked for, or at the end.
    ASSERT_TRUE(at.wait(fill(**stream, "y")));
    EXPECT_EQ(at.wait((*stream)->prepare()).error(), errc::entity_too_large);
    put_request request;
    request.etag = md5_hex("whatever");
    EXPECT_EQ(at.wait(at.store().put_object(std::move(*stream), request)).error(), errc::entity_too_large);
    EXPECT_EQ(at.get("photos", "a").error(), errc::no_such_key);
}

TEST_P(object, dropped_stream_leaves_nothing) {
    auto stream = at.wait(at.store().begin_object("photos", "a", std::nullopt));
    ASSERT_TRUE(stream);
    ASSERT_TRUE(at.wait(fill(**stream, pattern(200'000, 1))));
    stream->reset();
    EXPECT_EQ(at.get("photos", "a").error(), errc::no_such_key);
    if (GetParam() == backend::memory) {
        EXPECT_EQ(at.memory_blobs().count(), 0U);
        EXPECT_EQ(at.memory_blobs().writers(), 0U);
    }
}

TEST_P(object, empty_body_of_unknown_length) {
    auto stream = at.wait(at.store().begin_object("photos", "a", std::nullopt));
    ASSERT_TRUE(stream);
    put_request request;
    request.etag = md5_hex("");
    ASSERT_TRUE(at.wait(at.store().put_object(std::move(*stream), request)));
    EXPECT_EQ(at.get("photos", "a").value(), "");
}

TEST_P(object, etag_must_be_an_md5) {
    auto stream = at.wait(at.store().begin_object("photos", "a", 0));
    put_request request;
    request.etag = "nonsense";
    EXPECT_EQ(at.wait(at.store().put_object(std::move(*stream), request)).error(), errc::invalid_argument);
}

awaitable<void> conditional_writer(object_store& store, int number, std::vector<int>& winners, int& losers) {
    put_request request;
    request.conditions.if_none_match = "*";
    std::string bucket = "photos";
    std::string key = "contended";
    auto bytes = "from " + std::to_string(number);
    auto done =
        co_await put_bytes(store, std::move(bucket), std::move(key), std::move(bytes), std::move(request));
    if (done)
        winners.push_back(number);
    else if (done.error() == errc::precondition_failed)
        ++losers;
}

TEST_P(object, of_a_hundred_conditional_writers_one_wins) {
    std::vector<int> winners;
    int losers = 0;
    std::vector<awaitable<void>> writers;
    for (int i = 0; i < 100; ++i)
        writers.push_back(conditional_writer(at.store(), i, winners, losers));
    at.run_all(std::move(writers));
    ASSERT_EQ(winners.size(), 1U);
    EXPECT_EQ(losers, 99);
    EXPECT_EQ(at.get("photos", "contended").value(), "from " + std::to_string(winners.front()));
}

awaitable<void> compare_and_swap(object_store& store, int& swaps) {
    for (;;) {
        std::string bucket = "photos";
        std::string key = "counter";
        auto now = co_await get_bytes(store, bucket, key);
        LABSTORE_ASSERT(now);
        put_request request;
        request.conditions.if_match = md5_hex(*now);
        auto next = std::to_string(static_cast<int>(*parse_decimal(*now)) + 1);
        auto done = co_await put_bytes(store, bucket, key, std::move(next), std::move(request));
        if (done) {
            ++swaps;
            co_return;
        }
        LABSTORE_ASSERT(done.error() == errc::precondition_failed);
    }
}

TEST_P(object, compare_and_swap_loses_no_step) {
    ASSERT_TRUE(at.put("photos", "counter", "0"));
    int swaps = 0;
    std::vector<awaitable<void>> tasks;
    for (int i = 0; i < 20; ++i)
        tasks.push_back(compare_and_swap(at.store(), swaps));
    at.run_all(std::move(tasks));
    EXPECT_EQ(swaps, 20);
    EXPECT_EQ(at.get("photos", "counter").value(), "20");
}

awaitable<void> plain_writer(object_store& store, int number, int& done_count) {
    std::string bucket = "photos";
    std::string key = "hot";
    auto bytes = pattern(1000, static_cast<std::uint32_t>(number));
    put_request request;
    auto done =
        co_await put_bytes(store, std::move(bucket), std::move(key), std::move(bytes), std::move(request));
    if (done)
        ++done_count;
}

awaitable<void> plain_reader(object_store& store, int& whole) {
    for (int i = 0; i < 20; ++i) {
        std::string bucket = "photos";
        std::string key = "hot";
        auto bytes = co_await get_bytes(store, std::move(bucket), std::move(key));
        if (bytes)
            ++whole;
    }
}

TEST_P(object, every_plain_writer_succeeds_and_readers_see_whole_versions) {
    ASSERT_TRUE(at.put("photos", "hot", "first"));
    at.start_maintenance();
    int done_count = 0;
    int whole = 0;
    std::vector<awaitable<void>> tasks;
    for (int i = 0; i < 50; ++i)
        tasks.push_back(plain_writer(at.store(), i, done_count));
    for (int i = 0; i < 10; ++i)
        tasks.push_back(plain_reader(at.store(), whole));
    at.run_all(std::move(tasks));
    EXPECT_EQ(done_count, 50);
    EXPECT_EQ(whole, 200);
}

TEST_P(object, deleting_a_bucket_races_with_puts) {
    for (int round = 0; round < 20; ++round) {
        const auto name = "race-" + std::to_string(round);
        ASSERT_TRUE(at.create_bucket(name));
        result<void> deleted = errc::internal;
        result<put_result> put = errc::internal;

        struct tasks {
            static awaitable<void> remove(object_store& store, std::string bucket, result<void>& out) {
                out = co_await store.delete_bucket(std::move(bucket));
            }

            static awaitable<void> write(object_store& store, std::string bucket, result<put_result>& out) {
                std::string key = "a";
                std::string bytes = "1";
                put_request request;
                out = co_await put_bytes(
                    store, std::move(bucket), std::move(key), std::move(bytes), std::move(request)
                );
            }
        };

        std::vector<awaitable<void>> both;
        both.push_back(tasks::write(at.store(), name, put));
        both.push_back(tasks::remove(at.store(), name, deleted));
        at.run_all(std::move(both));
        // Exactly one of them happened.
        if (put) {
            EXPECT_EQ(deleted.error(), errc::bucket_not_empty);
            EXPECT_EQ(at.get(name, "a").value(), "1");
        } else {
            EXPECT_EQ(put.error(), errc::no_such_bucket);
            EXPECT_TRUE(deleted);
        }
    }
}

}  // namespace
}  // namespace labstore::storage
