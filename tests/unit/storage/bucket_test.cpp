#include "storage/row_keys.hpp"
#include "support/storage/store_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::storage {
namespace {

class bucket : public testing::TestWithParam<backend> {
  protected:
    store_fixture at{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(
    over,
    bucket,
    testing::Values(backend::memory, backend::local),
    [](const auto& parameter) { return parameter.param == backend::memory ? "memory" : "local"; }
);

TEST_P(bucket, is_created_once) {
    const auto made = at.create_bucket("photos");
    ASSERT_TRUE(made);
    EXPECT_EQ(made->name, "photos");
    EXPECT_EQ(made->region, "us-east-1");
    EXPECT_NE(made->id, 0U);
    EXPECT_EQ(at.create_bucket("photos").error(), errc::bucket_already_owned_by_you);
    const account other{std::string(64, 'b'), "other"};
    EXPECT_EQ(
        at.wait(at.store().create_bucket(bucket_name::trusted("photos"), other, "us-east-1")).error(),
        errc::bucket_already_exists
    );
    EXPECT_EQ(at.wait(at.store().find_bucket("photos"))->id, made->id);
    EXPECT_EQ(at.wait(at.store().find_bucket("other")).error(), errc::no_such_bucket);
}

TEST_P(bucket, survives_a_restart) {
    const auto made = at.create_bucket("photos");
    ASSERT_TRUE(made);
    at.reopen();
    const auto found = at.wait(at.store().find_bucket("photos"));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, made->id);
    EXPECT_EQ(found->created, made->created);
    EXPECT_EQ(found->owner.id, test_owner().id);
    EXPECT_EQ(at.store().stats().buckets, 1U);
}

TEST_P(bucket, is_deleted_when_empty_only) {
    ASSERT_TRUE(at.create_bucket("photos"));
    ASSERT_TRUE(at.put("photos", "a", "1"));
    EXPECT_EQ(at.wait(at.store().delete_bucket("photos")).error(), errc::bucket_not_empty);
    EXPECT_EQ(at.get("photos", "a").value(), "1");
    ASSERT_TRUE(at.put("photos", "b", "2"));
    ASSERT_TRUE(at.remove("photos", "a"));
    ASSERT_TRUE(at.remove("photos", "b"));
    EXPECT_TRUE(at.wait(at.store().delete_bucket("photos")));
    EXPECT_EQ(at.wait(at.store().delete_bucket("photos")).error(), errc::no_such_bucket);
    EXPECT_EQ(at.put("photos", "a", "1").error(), errc::no_such_bucket);
    EXPECT_EQ(at.get("photos", "a").error(), errc::no_such_bucket);
    at.reopen();
    EXPECT_EQ(at.wait(at.store().find_bucket("photos")).error(), errc::no_such_bucket);
}

TEST_P(bucket, is_not_deleted_while_an_upload_is_open) {
    ASSERT_TRUE(at.create_bucket("photos"));
    const auto id = at.create_upload("photos", "a");
    ASSERT_TRUE(id);
    EXPECT_EQ(at.wait(at.store().delete_bucket("photos")).error(), errc::bucket_not_empty);
    ASSERT_TRUE(at.wait(at.store().abort_upload("photos", "a", *id)));
    EXPECT_TRUE(at.wait(at.store().delete_bucket("photos")));
}

TEST_P(bucket, of_the_same_name_is_another_one) {
    const auto first = at.create_bucket("photos");
    ASSERT_TRUE(first);
    ASSERT_TRUE(at.put("photos", "a", "old"));
    ASSERT_TRUE(at.remove("photos", "a"));
    ASSERT_TRUE(at.wait(at.store().delete_bucket("photos")));
    const auto second = at.create_bucket("photos");
    ASSERT_TRUE(second);
    EXPECT_NE(first->id, second->id);
    EXPECT_EQ(at.get("photos", "a").error(), errc::no_such_key);
}

TEST_P(bucket, pages_are_in_order) {
    for (const auto* name : {"delta", "alpha", "photos-2", "photos-1", "beta"})
        ASSERT_TRUE(at.create_bucket(name));
    auto page = at.wait(at.store().list_buckets("", "", 2));
    ASSERT_TRUE(page);
    ASSERT_EQ(page->buckets.size(), 2U);
    EXPECT_EQ(page->buckets[0].name, "alpha");
    EXPECT_TRUE(page->more);
    page = at.wait(at.store().list_buckets("", "beta", 10));
    ASSERT_EQ(page->buckets.size(), 3U);
    EXPECT_EQ(page->buckets[0].name, "delta");
    EXPECT_FALSE(page->more);
    page = at.wait(at.store().list_buckets("photos-", "alpha", 1));
    ASSERT_EQ(page->buckets.size(), 1U);
    EXPECT_EQ(page->buckets[0].name, "photos-1");
    EXPECT_TRUE(page->more);
    EXPECT_FALSE(at.wait(at.store().list_buckets("", "", 0))->more);
}

TEST(buckets, have_a_limit) {
    auto settings = store_fixture::test_options();
    settings.buckets_max = 2;
    store_fixture at(backend::memory, settings);
    ASSERT_TRUE(at.create_bucket("one"));
    ASSERT_TRUE(at.create_bucket("two"));
    EXPECT_EQ(at.create_bucket("three").error(), errc::invalid_request);
}

// -- a crash between the steps of a deletion
// -----------------------------------------------------------------

TEST(bucket_deletion, cut_after_the_mark_goes_on_at_the_next_start) {
    store_fixture at(backend::memory);
    const auto made = at.create_bucket("photos");
    meta::batch mark;
    mark.put(row_keys::state(), "deleting:0123456789abcdef");
    ASSERT_TRUE(at.memory_index().apply_now(meta::partition_id{made->id}, mark));
    at.reopen();
    EXPECT_EQ(at.wait(at.store().find_bucket("photos")).error(), errc::no_such_bucket);
    EXPECT_TRUE(at.settle([&] { return at.memory_index().row_count() == 0; }));
}

TEST(bucket_deletion, cut_after_the_mark_is_taken_back_when_there_are_objects) {
    store_fixture at(backend::memory);
    const auto made = at.create_bucket("photos");
    ASSERT_TRUE(at.put("photos", "a", "1"));
    meta::batch mark;
    mark.put(row_keys::state(), "deleting:0123456789abcdef");
    ASSERT_TRUE(at.memory_index().apply_now(meta::partition_id{made->id}, mark));
    at.reopen();
    EXPECT_EQ(at.get("photos", "a").value(), "1");
    EXPECT_TRUE(at.put("photos", "b", "2"));
}

TEST(bucket_deletion, cut_after_the_name_went_leaves_nothing_behind) {
    store_fixture at(backend::memory);
    const auto made = at.create_bucket("photos");
    ASSERT_TRUE(at.put("photos", "a", "1"));
    ASSERT_TRUE(at.remove("photos", "a"));
    // The intent of the delete is still there: it must be worked off without its bucket.
    at.memory_index().inject(meta::injected::busy, 2);
    ASSERT_TRUE(at.wait(at.store().delete_bucket("photos")));
    EXPECT_TRUE(at.memory_index().contents(meta::partition_id{made->id}).contains(row_keys::state()));
    at.reopen();
    EXPECT_TRUE(at.settle([&] { return at.memory_index().row_count() == 0; }));
    EXPECT_EQ(at.memory_blobs().count(), 0U);
}

TEST(bucket_deletion, unknown_outcomes_find_their_end) {
    for (const auto what : {meta::injected::unknown_applied, meta::injected::unknown_not_applied})
        for (std::uint64_t step = 0; step < 3; ++step) {
            store_fixture at(backend::memory);
            ASSERT_TRUE(at.create_bucket("photos"));
            at.memory_index().inject(what, step);
            const auto deleted = at.wait(at.store().delete_bucket("photos"));
            const bool still_there = at.wait(at.store().find_bucket("photos")).has_value();
            EXPECT_EQ(deleted.has_value(), !still_there) << step;
            // Usable again, under whichever name is left.
            if (still_there) {
                EXPECT_TRUE(at.put("photos", "a", "1"));
            } else {
                EXPECT_TRUE(at.create_bucket("photos"));
            }
        }
}

TEST(bucket_creation, unknown_outcomes_find_their_end) {
    for (const auto what : {meta::injected::unknown_applied, meta::injected::unknown_not_applied}) {
        store_fixture at(backend::memory);
        at.memory_index().inject(what, 1);
        const auto made = at.create_bucket("photos");
        EXPECT_EQ(made.has_value(), what == meta::injected::unknown_applied);
        at.reopen();
        EXPECT_EQ(at.wait(at.store().find_bucket("photos")).has_value(), made.has_value());
        if (!made) {
            EXPECT_TRUE(at.create_bucket("photos"));
        }
        EXPECT_TRUE(at.put("photos", "a", "1"));
    }
}

}  // namespace
}  // namespace labstore::storage
