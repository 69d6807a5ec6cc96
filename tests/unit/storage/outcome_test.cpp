// What the client is told and what is left behind when a seam fails, or answers that nobody knows.
#include "storage/row_keys.hpp"
#include "support/storage/store_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::storage {
namespace {

using meta::injected;

class outcomes : public testing::Test {
  protected:
    void SetUp() override { ASSERT_TRUE(at.create_bucket("photos")); }

    /// Every blob that is left is the one some object names, once the clean-up has run.
    void expect_blobs(std::size_t count) {
        EXPECT_TRUE(at.settle([&] { return at.memory_blobs().count() == count; }))
            << at.memory_blobs().count() << " blobs, not " << count;
        EXPECT_EQ(at.memory_blobs().writers(), 0U);
    }

    store_fixture at{backend::memory};
};

TEST_F(outcomes, unknown_and_applied_is_a_success) {
    at.memory_index().inject(injected::unknown_applied);
    ASSERT_TRUE(at.put("photos", "a", "1"));
    at.memory_index().inject(injected::unknown_applied);
    ASSERT_TRUE(at.put("photos", "a", "22"));
    EXPECT_EQ(at.get("photos", "a").value(), "22");
    EXPECT_EQ(at.store().stats().unknown_outcomes, 2U);
    at.memory_index().inject(injected::unknown_applied);
    ASSERT_TRUE(at.remove("photos", "a")->existed);
    EXPECT_EQ(at.get("photos", "a").error(), errc::no_such_key);
    expect_blobs(0);
}

TEST_F(outcomes, unknown_and_not_applied_is_tried_again) {
    at.memory_index().inject(injected::unknown_not_applied);
    ASSERT_TRUE(at.put("photos", "a", "1"));
    at.memory_index().inject(injected::unknown_not_applied);
    ASSERT_TRUE(at.put("photos", "a", "22"));
    EXPECT_EQ(at.get("photos", "a").value(), "22");
    expect_blobs(1);
    at.memory_index().inject(injected::unknown_not_applied);
    ASSERT_TRUE(at.remove("photos", "a")->existed);
    expect_blobs(0);
}

TEST_F(outcomes, unknown_applied_holds_its_condition) {
    put_request request;
    request.conditions.if_none_match = "*";
    at.memory_index().inject(injected::unknown_applied);
    EXPECT_TRUE(at.put("photos", "a", "1", request)) << "our own object must not fail our own condition";
    at.memory_index().inject(injected::unknown_not_applied);
    EXPECT_TRUE(at.put("photos", "b", "1", request));
    EXPECT_EQ(at.put("photos", "b", "2", request).error(), errc::precondition_failed);
}

TEST_F(outcomes, unknown_and_overwritten_since_is_not_promised) {
    ASSERT_TRUE(at.put("photos", "a", "old"));
    const auto bucket = meta::partition_id{(*at.store().find_bucket("photos"))->id};
    const auto row_key = row_keys::object("a");
    const auto other = at.memory_index().contents(bucket).at(row_key).value;
    // While the outcome is unknown, another row takes the place.
    at.memory_index().before_apply([&](meta::partition_id, const meta::batch&) {
        at.memory_index().before_apply(nullptr);
        meta::batch batch;
        batch.put(row_key, other);
        ASSERT_TRUE(at.memory_index().apply_now(bucket, batch));
    });
    at.memory_index().inject(injected::unknown_not_applied);
    EXPECT_EQ(at.put("photos", "a", "new").error(), errc::unknown);
    EXPECT_EQ(at.get("photos", "a").value(), "old");
    expect_blobs(1);
}

TEST_F(outcomes, failed_puts_leave_nothing) {
    for (const auto& [what, expected] :
         {std::pair{injected::full, errc::full},
          {injected::busy, errc::busy},
          {injected::too_large, errc::too_large}}) {
        at.memory_index().inject(what);
        EXPECT_EQ(at.put("photos", "a", "1").error(), expected);
        EXPECT_EQ(at.get("photos", "a").error(), errc::no_such_key);
        EXPECT_EQ(at.memory_blobs().count(), 0U);
    }
    using blob::blob_call;
    for (const auto call : {blob_call::create, blob_call::prepare, blob_call::finish}) {
        at.memory_blobs().inject(call, errc::full);
        EXPECT_EQ(at.put("photos", "a", "1").error(), errc::full);
        expect_blobs(0);
    }
    EXPECT_TRUE(at.put("photos", "a", "1"));
}

TEST_F(outcomes, what_may_be_in_the_index_keeps_its_bytes) {
    at.memory_index().inject(injected::fatal);
    EXPECT_EQ(at.put("photos", "a", "1").error(), errc::fatal);
    EXPECT_EQ(at.memory_blobs().count(), 1U) << "its log may still hold the batch";
    EXPECT_FALSE(at.store().writable());
    EXPECT_EQ(at.put("photos", "b", "1").error(), errc::fatal);
    EXPECT_EQ(at.memory_blobs().count(), 1U) << "refused before a byte is read";
    // The next start sweeps it.
    at.memory_index().set_writable(true);
    at.reopen();
    at.memory_blobs().compact_next_time();
    expect_blobs(0);
}

TEST_F(outcomes, a_failed_condition_costs_no_sync) {
    ASSERT_TRUE(at.put("photos", "a", "1"));
    int finished = 0;
    at.memory_blobs().after_finish([&] { ++finished; });
    put_request request;
    request.conditions.if_none_match = "*";
    EXPECT_EQ(at.put("photos", "a", "2", request).error(), errc::precondition_failed);
    EXPECT_EQ(finished, 0);
    expect_blobs(1);
}

TEST_F(outcomes, conditions_are_judged_at_the_commit) {
    // The object appears after the first look: between the bytes and the batch.
    const auto bucket = meta::partition_id{(*at.store().find_bucket("photos"))->id};
    ASSERT_TRUE(at.put("photos", "other", "there"));
    const auto row = at.memory_index().contents(bucket).at(row_keys::object("other")).value;
    at.memory_blobs().after_finish([&] {
        at.memory_blobs().after_finish(nullptr);
        meta::batch batch;
        batch.put(row_keys::object("a"), row);
        ASSERT_TRUE(at.memory_index().apply_now(bucket, batch));
    });
    put_request request;
    request.conditions.if_none_match = "*";
    EXPECT_EQ(at.put("photos", "a", "1", request).error(), errc::precondition_failed);
    EXPECT_EQ(at.get("photos", "a").value(), "there");
}

TEST_F(outcomes, of_parts) {
    const auto id = *at.create_upload("photos", "m");
    at.memory_index().inject(injected::unknown_applied);
    ASSERT_TRUE(at.put_part("photos", "m", id, 1, "one"));
    at.memory_index().inject(injected::unknown_not_applied);
    const auto part = at.put_part("photos", "m", id, 1, "uno");
    ASSERT_TRUE(part);
    at.memory_index().inject(injected::full);
    EXPECT_EQ(at.put_part("photos", "m", id, 1, "ein").error(), errc::full);
    expect_blobs(1);
    for (const auto what : {injected::unknown_not_applied, injected::unknown_applied}) {
        at.memory_index().inject(what);
        const auto done = at.complete("photos", "m", id, {*part});
        ASSERT_TRUE(done);
        EXPECT_EQ(at.get("photos", "m").value(), "uno");
    }
    expect_blobs(1);
}

TEST_F(outcomes, of_creating_and_aborting_uploads) {
    for (const auto what : {injected::unknown_not_applied, injected::unknown_applied, injected::conflict}) {
        at.memory_index().inject(what);
        const auto id = at.create_upload("photos", "m");
        ASSERT_TRUE(id);
        ASSERT_TRUE(at.put_part("photos", "m", *id, 1, "one"));
        at.memory_index().inject(what);
        EXPECT_TRUE(at.wait(at.store().abort_upload("photos", "m", *id)));
        EXPECT_EQ(at.wait(at.store().find_upload("photos", "m", *id)).error(), errc::no_such_upload);
    }
    expect_blobs(0);
}

TEST_F(outcomes, failed_reads_of_the_index_are_reported) {
    ASSERT_TRUE(at.put("photos", "a", "1"));
    at.memory_index().inject_read_failure(errc::corrupt);
    EXPECT_EQ(at.get("photos", "a").error(), errc::corrupt);
    at.memory_index().inject_read_failure(errc::io_error);
    EXPECT_EQ(at.put("photos", "a", "2").error(), errc::io_error);
    at.memory_index().inject_read_failure(errc::io_error);
    EXPECT_EQ(at.wait(at.store().list_objects({"photos", "", "", "", 10})).error(), errc::io_error);
    EXPECT_EQ(at.get("photos", "a").value(), "1");
    expect_blobs(1);
}

TEST_F(outcomes, lost_bytes_are_not_a_missing_key) {
    ASSERT_TRUE(at.put("photos", "a", "1"));
    at.memory_blobs().lose(at.memory_blobs().contents().begin()->first);
    EXPECT_EQ(at.get("photos", "a").error(), errc::corrupt);
}

TEST_F(outcomes, a_bucket_that_stays_marked_aborts_writes) {
    const auto bucket = meta::partition_id{(*at.store().find_bucket("photos"))->id};
    const auto id = *at.create_upload("photos", "m");
    meta::batch batch;
    batch.put(row_keys::state(), "deleting:0123456789abcdef");
    ASSERT_TRUE(at.memory_index().apply_now(bucket, batch));
    EXPECT_EQ(at.put("photos", "a", "1").error(), errc::operation_aborted);
    EXPECT_EQ(at.put_part("photos", "m", id, 1, "1").error(), errc::operation_aborted);
    EXPECT_EQ(at.memory_blobs().count(), 0U);
    EXPECT_EQ(at.wait(at.store().delete_bucket("photos")).error(), errc::operation_aborted);
}

// -- every place where a batch of an operation may fail
// ------------------------------------------------------------

/// Runs `operation` with the N-th apply failing so, for every N until it runs through; `expect` looks at what is
/// left each time.
void at_every_apply(
    injected what,
    const std::function<bool(store_fixture&)>& operation,
    const std::function<void(store_fixture&, bool)>& expect
) {
    for (std::uint64_t skip = 0; skip < 50; ++skip) {
        store_fixture at(backend::memory);
        ASSERT_TRUE(at.create_bucket("photos"));
        ASSERT_TRUE(at.put("photos", "a", "old"));
        const auto before = at.memory_index().apply_count();
        at.memory_index().inject(what, skip);
        const bool done = operation(at);
        const bool was_hit = at.memory_index().apply_count() - before > skip;
        expect(at, done);
        if (!was_hit)
            return;
    }
    FAIL() << "it never ran through";
}

TEST(every_step, of_an_upload_may_fail) {
    const auto upload = [](store_fixture& at) {
        const auto id = at.create_upload("photos", "a");
        if (!id)
            return false;
        const auto one = at.put_part("photos", "a", *id, 1, pattern(20, 1));
        const auto two = at.put_part("photos", "a", *id, 2, pattern(20, 2));
        if (one && two && at.complete("photos", "a", *id, {*one, *two}))
            return true;
        static_cast<void>(at.wait(at.store().abort_upload("photos", "a", *id)));
        return false;
    };
    const auto expect = [](store_fixture& at, bool done) {
        EXPECT_EQ(at.get("photos", "a").value(), done ? pattern(20, 1) + pattern(20, 2) : "old");
        EXPECT_TRUE(at.settle([&] { return at.memory_blobs().count() == (done ? 2U : 1U); }));
    };
    for (const auto what :
         {injected::busy,
          injected::full,
          injected::conflict,
          injected::unknown_applied,
          injected::unknown_not_applied})
        at_every_apply(what, upload, expect);
}

TEST(every_step, of_a_copy_may_fail) {
    const auto copy = [](store_fixture& at) {
        copy_request request;
        request.source = {"photos", "a", {}};
        request.bucket = "photos";
        request.key = "b";
        return at.wait(at.store().copy_object(std::move(request))).has_value();
    };
    const auto expect = [](store_fixture& at, bool done) {
        EXPECT_EQ(at.get("photos", "b").has_value(), done);
        EXPECT_TRUE(at.settle([&] { return at.memory_blobs().count() == (done ? 2U : 1U); }));
    };
    for (const auto what :
         {injected::busy,
          injected::full,
          injected::conflict,
          injected::unknown_applied,
          injected::unknown_not_applied})
        at_every_apply(what, copy, expect);
}

}  // namespace
}  // namespace labstore::storage
