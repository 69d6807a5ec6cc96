#include "storage/clean_up.hpp"

#include "storage/clean_up_ledger.hpp"
#include "storage/row_keys.hpp"
#include "storage/token_table.hpp"
#include "support/storage/store_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::storage {
namespace {

using namespace std::chrono_literals;

class clean_up : public testing::Test {
  protected:
    void SetUp() override { ASSERT_TRUE(at.create_bucket("photos")); }

    [[nodiscard]] std::size_t intents() {
        const auto bucket = (*at.store().find_bucket("photos"))->id;
        std::size_t count = 0;
        for (const auto& [key, row] : at.memory_index().contents(meta::partition_id{bucket}))
            if (key.front() == row_keys::clean_up_kind)
                ++count;
        return count;
    }

    /// Long enough for a hundred passes of the loop.
    void let_it_run() {
        const auto end = std::chrono::steady_clock::now() + 300ms;
        at.settle([&] { return std::chrono::steady_clock::now() > end; });
    }

    store_fixture at{backend::memory};
};

TEST_F(clean_up, gives_back_what_is_no_longer_named) {
    for (int i = 0; i < 600; ++i)
        ASSERT_TRUE(at.put("photos", "same", std::to_string(i)));
    EXPECT_EQ(at.store().stats().clean_up_pending, 599U);
    EXPECT_EQ(at.memory_blobs().count(), 600U);
    EXPECT_TRUE(at.settle([&] { return at.memory_blobs().count() == 1 && intents() == 0; }));
    EXPECT_EQ(at.store().stats().clean_up_pending, 0U);
    EXPECT_EQ(at.get("photos", "same").value(), "599");
}

TEST_F(clean_up, goes_on_after_a_restart) {
    ASSERT_TRUE(at.put("photos", "a", "1"));
    ASSERT_TRUE(at.put("photos", "a", "2"));
    const auto id = *at.create_upload("photos", "m");
    ASSERT_TRUE(at.put_part("photos", "m", id, 1, "part"));
    ASSERT_TRUE(at.wait(at.store().abort_upload("photos", "m", id)));
    at.reopen();
    EXPECT_TRUE(at.settle([&] { return at.memory_blobs().count() == 1 && intents() == 0; }));
}

TEST_F(clean_up, goes_on_after_a_failure) {
    for (const auto* bytes : {"1", "2", "3"})
        ASSERT_TRUE(at.put("photos", "a", bytes));
    at.memory_blobs().inject(blob::blob_call::remove, errc::io_error);
    at.memory_index().inject(meta::injected::busy);
    at.memory_index().inject_read_failure(errc::io_error, 1);
    EXPECT_TRUE(at.settle([&] { return at.memory_blobs().count() == 1; }));
    EXPECT_TRUE(at.settle([&] { return intents() == 0; }));
}

TEST_F(clean_up, of_a_bucket_that_is_gone) {
    const auto bucket = (*at.store().find_bucket("photos"))->id;
    ASSERT_TRUE(at.put("photos", "a", "1"));
    ASSERT_TRUE(at.remove("photos", "a"));
    ASSERT_TRUE(at.wait(at.store().delete_bucket("photos")));
    EXPECT_EQ(at.memory_blobs().count(), 1U);
    EXPECT_TRUE(at.memory_index().contents(meta::system_partition).contains(row_keys::dead_partition(bucket))
    );
    at.reopen();
    EXPECT_TRUE(at.settle([&] { return at.memory_index().row_count() == 0; }));
    EXPECT_EQ(at.memory_blobs().count(), 0U);
}

TEST_F(clean_up, waits_for_its_delay) {
    auto settings = store_fixture::test_options();
    settings.clean_up_delay = 10s;
    store_fixture later(backend::memory, settings);
    ASSERT_TRUE(later.create_bucket("photos"));
    ASSERT_TRUE(later.put("photos", "a", "1"));
    ASSERT_TRUE(later.put("photos", "a", "2"));
    const auto end = std::chrono::steady_clock::now() + 100ms;
    later.settle([&] { return std::chrono::steady_clock::now() > end; });
    EXPECT_EQ(later.memory_blobs().count(), 2U);
    later.time.advance(11s);
    EXPECT_TRUE(later.settle([&] { return later.memory_blobs().count() == 1; }));
}

TEST_F(clean_up, waits_for_readers_of_parts) {
    const auto id = *at.create_upload("photos", "m");
    std::vector<part_info> parts;
    std::string all;
    for (std::uint32_t i = 1; i <= 5; ++i) {
        parts.push_back(*at.put_part("photos", "m", id, i, pattern(20, i)));
        all += pattern(20, i);
    }
    ASSERT_TRUE(at.complete("photos", "m", id, parts));
    auto reader = at.wait(at.store().open_object({"photos", "m", {}}));
    ASSERT_TRUE(reader);
    ASSERT_TRUE(at.remove("photos", "m"));
    EXPECT_EQ(at.get("photos", "m").error(), errc::no_such_key);
    // Also a compaction that comes along leaves what is still being read.
    at.memory_blobs().compact_next_time();
    let_it_run();
    EXPECT_EQ(at.memory_blobs().count(), 5U);
    EXPECT_EQ(at.wait(read_all(**reader, 7)).value(), all);
    reader->reset();
    EXPECT_TRUE(at.settle([&] { return at.memory_blobs().count() == 0 && intents() == 0; }));
}

TEST_F(clean_up, of_others_goes_past_a_held_one) {
    ASSERT_TRUE(at.put("photos", "held", "1"));
    auto reader = at.wait(at.store().open_object({"photos", "held", {}}));
    ASSERT_TRUE(reader);
    ASSERT_TRUE(at.remove("photos", "held"));
    for (int i = 0; i < 5; ++i)
        ASSERT_TRUE(at.put("photos", "other", std::to_string(i)));
    EXPECT_TRUE(at.settle([&] { return at.memory_blobs().count() == 2; }));
    EXPECT_EQ(at.wait(read_all(**reader, 1)).value(), "1");
    reader->reset();
    EXPECT_TRUE(at.settle([&] { return at.memory_blobs().count() == 1; }));
}

TEST_F(clean_up, survives_a_clock_that_steps_back) {
    ASSERT_TRUE(at.put("photos", "a", "1"));
    ASSERT_TRUE(at.put("photos", "a", "2"));
    at.time.advance(-1h);
    ASSERT_TRUE(at.put("photos", "a", "3"));
    EXPECT_EQ(at.get("photos", "a").value(), "3");
    EXPECT_TRUE(at.settle([&] { return at.memory_blobs().count() == 1; }));
}

// -- compaction and sweeping
// ---------------------------------------------------------------------------------

TEST_F(clean_up, compaction_moves_everything_that_is_named) {
    ASSERT_TRUE(at.put("photos", "plain", "hello"));
    const auto done = *at.create_upload("photos", "done");
    std::vector<part_info> parts;
    for (std::uint32_t i = 1; i <= 3; ++i)
        parts.push_back(*at.put_part("photos", "done", done, i, pattern(20, i)));
    ASSERT_TRUE(at.complete("photos", "done", done, parts));
    const auto open = *at.create_upload("photos", "open");
    const auto part = *at.put_part("photos", "open", open, 1, "part");
    copy_request copy;
    copy.source = {"photos", "done", {}};
    copy.bucket = "photos";
    copy.key = "copy";
    ASSERT_TRUE(at.wait(at.store().copy_object(copy)));
    const auto before = at.memory_blobs().contents();
    ASSERT_EQ(before.size(), 8U);
    at.memory_blobs().compact_next_time();
    ASSERT_TRUE(at.settle([&] { return at.memory_blobs().moved() == 8; }));
    for (const auto& [locator, blob] : at.memory_blobs().contents())
        EXPECT_FALSE(before.contains(locator));
    EXPECT_EQ(at.get("photos", "plain").value(), "hello");
    EXPECT_EQ(at.get("photos", "done")->size(), 60U);
    EXPECT_EQ(at.get("photos", "copy").value(), at.get("photos", "done").value());
    ASSERT_TRUE(at.complete("photos", "open", open, {part}));
    EXPECT_EQ(at.get("photos", "open").value(), "part");
    for (const auto* key : {"plain", "done", "copy", "open"})
        ASSERT_TRUE(at.remove("photos", key));
    EXPECT_TRUE(at.settle([&] { return at.memory_blobs().count() == 0; }));
}

TEST_F(clean_up, compaction_with_unknown_outcomes_loses_nothing) {
    for (const auto what :
         {meta::injected::unknown_applied, meta::injected::unknown_not_applied, meta::injected::conflict}) {
        ASSERT_TRUE(at.put("photos", "plain", "hello"));
        ASSERT_TRUE(at.settle([&] { return at.memory_blobs().count() == 1 && intents() == 0; }));
        const auto moved = at.memory_blobs().moved();
        at.memory_index().inject(what);
        at.memory_blobs().compact_next_time();
        ASSERT_TRUE(at.settle([&] { return at.memory_blobs().moved() > moved; }));
        EXPECT_EQ(at.memory_blobs().count(), 1U);
        EXPECT_EQ(at.get("photos", "plain").value(), "hello");
    }
}

TEST_F(clean_up, compaction_leaves_a_blob_that_is_about_to_be_named) {
    // Finished, not yet in the index: the compaction comes exactly then.
    at.start_maintenance();
    at.memory_blobs().after_finish([&] {
        at.memory_blobs().compact_next_time();
        std::this_thread::sleep_for(50ms);
    });
    for (int i = 0; i < 5; ++i) {
        const auto key = std::to_string(i);
        ASSERT_TRUE(at.put("photos", key, "bytes of " + key));
        EXPECT_EQ(at.get("photos", key).value(), "bytes of " + key);
    }
    at.memory_blobs().after_finish(nullptr);
}

TEST_F(clean_up, readers_follow_a_compaction) {
    ASSERT_TRUE(at.put("photos", "a", "hello"));
    const auto id = *at.create_upload("photos", "m");
    std::vector<part_info> parts;
    for (std::uint32_t i = 1; i <= 3; ++i)
        parts.push_back(*at.put_part("photos", "m", id, i, pattern(20, i)));
    ASSERT_TRUE(at.complete("photos", "m", id, parts));
    auto reader = at.wait(at.store().open_object({"photos", "m", {}}));
    ASSERT_TRUE(at.wait((*reader)->read(0, 20)));
    at.memory_blobs().compact_next_time();
    ASSERT_TRUE(at.settle([&] { return at.memory_blobs().moved() == 4; }));
    EXPECT_EQ(at.wait(read_all(**reader, 20)).value(), pattern(20, 1) + pattern(20, 2) + pattern(20, 3));
    // Between the look-up and the open it may move as well.
    at.memory_blobs().inject(blob::blob_call::open, errc::no_such_key);
    const auto rev_changes = [&] {
        copy_request touch;
        touch.source = {"photos", "a", {}};
        touch.bucket = "photos";
        touch.key = "a";
        touch.replace_metadata.emplace();
        return at.wait(at.store().copy_object(touch)).has_value();
    };
    ASSERT_TRUE(rev_changes());
    EXPECT_EQ(at.get("photos", "a").value(), "hello");
}

TEST_F(clean_up, sweep_removes_what_nobody_names) {
    ASSERT_TRUE(at.put("photos", "a", "hello"));
    blob::owner stray;
    stray.partition = (*at.store().find_bucket("photos"))->id;
    stray.key = "a";
    stray.token = std::string(16, 't');
    const auto add = [&](const blob::owner& whose) {
        auto writer = at.wait(at.memory_blobs().create(whose, std::nullopt));
        ASSERT_TRUE(at.wait((*writer)->finish({})));
    };
    add(stray);
    stray.part_number = 3;
    add(stray);
    stray.partition = 77;
    add(stray);
    stray.partition = 0;
    add(stray);
    stray.token = "short";
    add(stray);
    at.memory_blobs().compact_next_time();
    EXPECT_TRUE(at.settle([&] { return at.memory_blobs().count() == 1; }));
    EXPECT_EQ(at.get("photos", "a").value(), "hello");
}

// -- the small parts
// --------------------------------------------------------------------------------------------

TEST(token_table, counts_its_holders) {
    const std::string one(row_keys::token_size_bytes, 't');
    const std::string other(row_keys::token_size_bytes, 'u');
    token_table tokens;
    auto first = tokens.take(one);
    auto second = tokens.take(one);
    EXPECT_TRUE(tokens.held(one));
    EXPECT_FALSE(tokens.held(other));
    first.release();
    EXPECT_TRUE(tokens.held(one));
    auto moved = std::move(second);
    second = {};
    EXPECT_TRUE(tokens.held(one));
    moved = tokens.take(other);
    EXPECT_FALSE(tokens.held(one));
    EXPECT_TRUE(tokens.held(other));
    EXPECT_FALSE(tokens.held("short"));
}

TEST(clean_up_ledger, forgets_only_what_was_empty_at_the_end) {
    clean_up_ledger ledger;
    ledger.added(5);
    ledger.added(5);
    ledger.may_have_rows(6, true);
    EXPECT_EQ(ledger.pending(), 2U);
    auto accounts = ledger.open_accounts();
    ASSERT_EQ(accounts.size(), 2U);
    EXPECT_TRUE(accounts[1].dead);
    ledger.added(5);
    EXPECT_FALSE(ledger.close(accounts[0])) << "one came in between";
    accounts = ledger.open_accounts();
    accounts[0].cursor = "g1";
    ledger.progressed(accounts[0], 3);
    EXPECT_EQ(ledger.pending(), 0U);
    EXPECT_EQ(ledger.open_accounts()[0].cursor, "g1");
    EXPECT_TRUE(ledger.close(ledger.open_accounts()[0]));
    EXPECT_EQ(ledger.open_accounts().size(), 1U);
}

}  // namespace
}  // namespace labstore::storage
