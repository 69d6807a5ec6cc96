#include "storage/index_check.hpp"
#include "storage/row_keys.hpp"
#include "support/storage/store_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>

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
    EXPECT_EQ((*at.store().find_bucket("photos"))->id, made->id);
    EXPECT_EQ(at.store().find_bucket("other").error(), errc::no_such_bucket);
}

TEST_P(bucket, survives_a_restart) {
    const auto made = at.create_bucket("photos");
    ASSERT_TRUE(made);
    at.reopen();
    const auto found = at.store().find_bucket("photos");
    ASSERT_TRUE(found);
    EXPECT_EQ((*found)->id, made->id);
    EXPECT_EQ((*found)->created, made->created);
    EXPECT_EQ((*found)->owner.id, test_owner().id);
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
    EXPECT_EQ(at.store().find_bucket("photos").error(), errc::no_such_bucket);
}

TEST_P(bucket, takes_its_unfinished_uploads_along) {
    ASSERT_TRUE(at.create_bucket("photos"));
    const auto id = *at.create_upload("photos", "a");
    ASSERT_TRUE(at.create_upload("photos", "b"));
    for (std::uint32_t i = 1; i <= 3; ++i)
        ASSERT_TRUE(at.put_part("photos", "a", id, i, pattern(70'000, i)));
    auto late = at.wait(at.store().begin_part("photos", "a", id, 4, 4));
    ASSERT_TRUE(late);
    ASSERT_TRUE(at.wait(fill(**late, "late")));
    ASSERT_TRUE(at.wait(at.store().delete_bucket("photos")));
    EXPECT_EQ(
        at.wait(at.store().put_part(std::move(*late), {md5_hex("late"), {}})).error(), errc::no_such_bucket
    );
    EXPECT_EQ(at.wait(at.store().abort_upload("photos", "a", id)).error(), errc::no_such_bucket);
    ASSERT_TRUE(at.create_bucket("photos"));
    EXPECT_EQ(at.put_part("photos", "a", id, 1, "x").error(), errc::no_such_upload);
    EXPECT_TRUE(at.wait(at.store().list_uploads({"photos", "", "", "", "", 10}))->entries.empty());
    at.reopen();
    if (GetParam() == backend::memory) {
        EXPECT_TRUE(at.settle([&] {
            return at.memory_blobs().count() == 0 && at.memory_index().row_count() == 2;
        }));
    } else {
        at.settle([&] { return at.store().stats().clean_up_pending == 0; });
        at.shut();
        const auto report = check(at.path(), [](const std::string& what) { ADD_FAILURE() << what; });
        ASSERT_TRUE(report);
        EXPECT_EQ(report->damages, 0U);
    }
}

TEST_P(bucket, that_stays_for_its_objects_keeps_its_uploads) {
    ASSERT_TRUE(at.create_bucket("photos"));
    ASSERT_TRUE(at.put("photos", "a", "1"));
    const auto id = *at.create_upload("photos", "b");
    const auto part = *at.put_part("photos", "b", id, 1, "part");
    EXPECT_EQ(at.wait(at.store().delete_bucket("photos")).error(), errc::bucket_not_empty);
    at.reopen();
    ASSERT_TRUE(at.complete("photos", "b", id, {part}));
    EXPECT_EQ(at.get("photos", "b").value(), "part");
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
    EXPECT_EQ(at.create_bucket("three").error(), errc::too_many_buckets);
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
    EXPECT_EQ(at.store().find_bucket("photos").error(), errc::no_such_bucket);
    EXPECT_TRUE(at.settle([&] { return at.memory_index().row_count() == 0; }));
}

TEST(bucket_deletion, cut_after_the_mark_takes_uploads_along_at_the_next_start) {
    store_fixture at(backend::memory);
    const auto made = at.create_bucket("photos");
    ASSERT_TRUE(at.put_part("photos", "a", *at.create_upload("photos", "a"), 1, "part"));
    meta::batch mark;
    mark.put(row_keys::state(), "deleting:0123456789abcdef");
    ASSERT_TRUE(at.memory_index().apply_now(meta::partition_id{made->id}, mark));
    at.reopen();
    EXPECT_EQ(at.store().find_bucket("photos").error(), errc::no_such_bucket);
    EXPECT_TRUE(at.settle([&] { return at.memory_index().row_count() == 0 && at.memory_blobs().count() == 0; }
    ));
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

/// What `check` would say of the store as it stands.
std::vector<std::string> damages(store_fixture& at, std::uint64_t bucket) {
    check_report report;
    blob_census census;
    for (const auto& [locator, blob] : at.memory_blobs().contents())
        census.add({locator, blob.bytes->size()});
    census.close();
    std::vector<std::string> found;
    index_check check(
        report,
        census,
        [](const blob::ref&) { return false; },
        [&](const std::string& what) { found.push_back(what); }
    );
    for (const auto partition : {meta::system_partition, meta::partition_id{bucket}})
        for (const auto& [key, row] : at.memory_index().contents(partition))
            check.row(partition, key, row.value);
    check.close();
    return found;
}

TEST(bucket_deletion, with_uploads_may_be_cut_before_any_batch) {
    bool was_hit = true;
    for (std::uint64_t step = 0; was_hit; ++step) {
        ASSERT_LT(step, 50U);
        store_fixture at(backend::memory);
        const auto bucket = at.create_bucket("photos")->id;
        // More than one page of uploads, so that a cut may fall between two.
        for (int i = 0; i < 300; ++i)
            ASSERT_TRUE(at.create_upload("photos", std::to_string(i)));
        const auto id = *at.create_upload("photos", "a");
        const auto part = *at.put_part("photos", "a", id, 1, "part");
        const auto before = at.memory_index().apply_count();
        at.memory_index().inject(meta::injected::fatal, step);
        const auto hit = [&] {
            return at.memory_index().apply_count() - before > step;
        };
        const auto empty = [&] {
            return at.memory_index().row_count() == 0 && at.memory_blobs().count() == 0;
        };
        const bool deleted = at.wait(at.store().delete_bucket("photos")).has_value();
        if (deleted) {
            ASSERT_TRUE(at.settle([&] { return hit() || empty(); }));
        }
        was_hit = hit();
        EXPECT_EQ(damages(at, bucket), std::vector<std::string>()) << step;
        at.memory_index().set_writable(true);
        at.reopen();
        if (at.store().find_bucket("photos")) {
            EXPECT_FALSE(deleted) << step;
            ASSERT_TRUE(at.complete("photos", "a", id, {part})) << step;
            continue;
        }
        EXPECT_TRUE(at.settle(empty)) << step;
    }
}

awaitable<void> part_into(object_store& store, std::string id, std::uint32_t number, error_code& outcome) {
    auto beginning = store.begin_part("photos", "a", std::move(id), number, 4);
    auto stream = co_await std::move(beginning);
    if (!stream) {
        outcome = stream.error();
        co_return;
    }
    auto filling = fill(**stream, "part");
    const auto filled = co_await std::move(filling);
    LABSTORE_ASSERT(filled);
    auto putting = store.put_part(std::move(*stream), {md5_hex("part"), {}});
    const auto put = co_await std::move(putting);
    outcome = put ? error_code() : put.error();
}

awaitable<void> delete_after(object_store& store, int turns, error_code& outcome) {
    for (int i = 0; i < turns; ++i)
        co_await runtime::asio::post(runtime::asio::use_awaitable);
    auto deleting = store.delete_bucket("photos");
    const auto deleted = co_await std::move(deleting);
    outcome = deleted ? error_code() : deleted.error();
}

TEST(bucket_deletion, leaves_nothing_of_parts_that_race_with_it) {
    store_fixture at(backend::memory);
    int parts = 0;
    for (int turns = 0; turns < 30; ++turns) {
        ASSERT_TRUE(at.create_bucket("photos"));
        const auto id = *at.create_upload("photos", "a");
        std::vector<error_code> outcomes(9, errc::internal);
        std::vector<awaitable<void>> tasks;
        for (std::uint32_t i = 1; i <= 8; ++i)
            tasks.push_back(part_into(at.store(), id, i, outcomes[i]));
        tasks.push_back(delete_after(at.store(), turns, outcomes[0]));
        at.run_all(std::move(tasks));
        EXPECT_FALSE(outcomes[0]);
        for (std::uint32_t i = 1; i <= 8; ++i)
            EXPECT_TRUE(!outcomes[i] || outcomes[i] == errc::no_such_bucket) << outcomes[i];
        parts += static_cast<int>(std::count(outcomes.begin() + 1, outcomes.end(), error_code()));
    }
    EXPECT_GT(parts, 0);
    EXPECT_LT(parts, 8 * 30);
    EXPECT_TRUE(at.settle([&] { return at.memory_index().row_count() == 0 && at.memory_blobs().count() == 0; }
    ));
}

TEST(bucket_deletion, unknown_outcomes_find_their_end) {
    for (const auto what : {meta::injected::unknown_applied, meta::injected::unknown_not_applied})
        for (std::uint64_t step = 0; step < 3; ++step) {
            store_fixture at(backend::memory);
            ASSERT_TRUE(at.create_bucket("photos"));
            at.memory_index().inject(what, step);
            const auto deleted = at.wait(at.store().delete_bucket("photos"));
            const bool still_there = at.store().find_bucket("photos").has_value();
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
        EXPECT_EQ(at.store().find_bucket("photos").has_value(), made.has_value());
        if (!made) {
            EXPECT_TRUE(at.create_bucket("photos"));
        }
        EXPECT_TRUE(at.put("photos", "a", "1"));
    }
}

}  // namespace
}  // namespace labstore::storage
