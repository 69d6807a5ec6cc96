// What becomes of changes of versions when the index answers that nobody knows, or somebody else is in between.
#include "storage/bucket_state.hpp"
#include "storage/row_keys.hpp"
#include "version_fixture.hpp"

namespace labstore::storage {
namespace {

using meta::injected;
using lines = std::vector<std::string>;

class version_outcomes : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(at.create_bucket("photos"));
        calls.set("photos", versioning_state::enabled);
    }

    void expect_blobs(std::size_t count) {
        EXPECT_TRUE(at.settle([&] { return at.memory_blobs().count() == count; }))
            << at.memory_blobs().count() << " blobs, not " << count;
    }

    store_fixture at{backend::memory};
    version_calls calls{at};
};

TEST_F(version_outcomes, disturbed_deletions_part_in_halves) {
    std::vector<delete_entry> entries;
    for (int i = 0; i < 64; ++i) {
        const auto key = std::to_string(100 + i);
        ASSERT_TRUE(at.put("photos", key, key));
        entries.push_back({key, {}, {}});
    }
    // As many as the whole is tried with.
    for (std::size_t i = 0; i < 3; ++i)
        at.memory_index().inject(injected::conflict, i);
    const auto before = at.memory_index().apply_count();
    const auto done = at.wait(at.store().delete_objects("photos", std::move(entries)));
    EXPECT_EQ(at.memory_index().apply_count() - before, 5U) << "three in vain, then each half at once";
    ASSERT_TRUE(done);
    for (const auto& one : *done)
        EXPECT_TRUE(one->delete_marker);
    EXPECT_EQ(calls.list("photos").size(), 128U);
}

TEST_F(version_outcomes, unknown_is_settled_by_looking) {
    for (const auto what : {injected::unknown_applied, injected::unknown_not_applied}) {
        ASSERT_TRUE(at.put("photos", "a", "first"));
        at.memory_index().inject(what);
        const auto second = at.put("photos", "a", "second");
        ASSERT_TRUE(second);
        EXPECT_EQ(calls.list("photos").size(), 2U) << "not twice";
        at.memory_index().inject(what);
        const auto hidden = calls.remove("photos", "a");
        ASSERT_TRUE(hidden);
        EXPECT_EQ(calls.list("photos").size(), 3U);
        at.memory_index().inject(what);
        ASSERT_TRUE(calls.remove("photos", "a", hidden->version_id));
        EXPECT_EQ(at.get("photos", "a").value(), "second");
        at.memory_index().inject(what);
        std::vector<delete_entry> entries;
        for (const auto& line : calls.list("photos"))
            entries.push_back({"a", line.substr(line.find(' ') + 1), {}});
        const auto done = at.wait(at.store().delete_objects("photos", entries));
        ASSERT_TRUE(done);
        for (const auto& one : *done)
            EXPECT_TRUE(one);
        EXPECT_TRUE(calls.list("photos").empty());
        expect_blobs(0);
    }
}

TEST_F(version_outcomes, of_the_switch) {
    at.memory_index().inject(injected::unknown_applied);
    calls.set("photos", versioning_state::suspended);
    EXPECT_EQ((*at.store().find_bucket("photos"))->versioning, versioning_state::suspended);
    at.memory_index().inject(injected::unknown_not_applied);
    calls.set("photos", versioning_state::enabled);
    EXPECT_EQ((*at.store().find_bucket("photos"))->versioning, versioning_state::enabled);
    EXPECT_EQ(at.put("photos", "a", "1")->version_id.size(), 32U);
}

TEST_F(version_outcomes, a_write_learns_of_a_switch_it_was_not_told_of) {
    ASSERT_TRUE(at.create_bucket("other"));
    const auto id = meta::partition_id{(*at.store().find_bucket("other"))->id};
    meta::batch behind;
    behind.put(row_keys::state(), encode_state({versioning_state::enabled, {}, false}));
    ASSERT_TRUE(at.memory_index().apply_now(id, behind));
    EXPECT_EQ((*at.store().find_bucket("other"))->versioning, versioning_state::unversioned);
    EXPECT_EQ(at.put("other", "a", "1")->version_id.size(), 32U);
    EXPECT_EQ((*at.store().find_bucket("other"))->versioning, versioning_state::enabled);
}

TEST_F(version_outcomes, a_failed_write_leaves_the_key_as_it_was) {
    const auto first = at.put("photos", "a", "1")->version_id;
    for (const auto what : {injected::full, injected::busy, injected::too_large}) {
        at.memory_index().inject(what);
        EXPECT_FALSE(at.put("photos", "a", "2"));
        at.memory_index().inject(what);
        EXPECT_FALSE(calls.remove("photos", "a"));
        at.memory_index().inject(what);
        EXPECT_FALSE(calls.remove("photos", "a", first));
    }
    EXPECT_EQ(calls.list("photos"), (lines{"*a " + first}));
    expect_blobs(1);
}

TEST_F(version_outcomes, conflicts_are_tried_again) {
    const auto first = at.put("photos", "a", "1")->version_id;
    at.memory_index().inject(injected::conflict);
    const auto second = at.put("photos", "a", "2");
    ASSERT_TRUE(second);
    at.memory_index().inject(injected::conflict);
    ASSERT_TRUE(calls.remove("photos", "a", second->version_id));
    at.memory_index().inject(injected::conflict);
    const auto done = at.wait(at.store().delete_objects("photos", {{"a", {}, {}}, {"b", {}, {}}}));
    ASSERT_TRUE(done);
    EXPECT_EQ(
        calls.list("photos"),
        (lines{"*a " + (*done)[0]->version_id + " -", "a " + first, "*b " + (*done)[1]->version_id + " -"})
    );
}

/// The blob of a version that moves while compaction looks for it is found all the same.
TEST_F(version_outcomes, a_version_on_its_way_keeps_its_bytes) {
    at.memory_blobs().compact_next_time();
    at.start_maintenance();
    const auto kept = at.put("photos", "a", pattern(5'000, 1))->version_id;
    for (int i = 0; i < 200; ++i) {
        at.memory_blobs().compact_next_time();
        const auto over = at.put("photos", "a", "over it");
        ASSERT_TRUE(over);
        ASSERT_TRUE(calls.remove("photos", "a", over->version_id));
        ASSERT_TRUE(calls.get("photos", "a", kept).value() == pattern(5'000, 1)) << i;
    }
    expect_blobs(1);
}

}  // namespace
}  // namespace labstore::storage
