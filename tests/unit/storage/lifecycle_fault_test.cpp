// Lifecycle rules while others write and when the index fails.
#include "lifecycle_fixture.hpp"
#include "storage/record_codec.hpp"
#include "storage/row_keys.hpp"

namespace labstore::storage {
namespace {

using namespace std::chrono_literals;
using texts = std::vector<std::string>;

class ageing_in_memory : public testing::Test {
  protected:
    void SetUp() override { ASSERT_TRUE(at.create_bucket("photos")); }

    meta::partition_id partition() { return meta::partition_id{(*at.store().find_bucket("photos"))->id}; }

    void expire_after(std::uint32_t days) {
        auto rule = rule_for("r");
        rule.expire_days = days;
        rule.noncurrent_days = days;
        age.set_rules({rule});
    }

    store_fixture at{backend::memory};
    version_calls calls{at};
    aging age{at};
};

/// Calls `change` for row 'o' of the key just before the first batch that removes it.
void change_before_removal(
    store_fixture& at, const std::string& key, std::function<void(records::object&)> change
) {
    auto& index = at.memory_index();
    const auto done = std::make_shared<bool>(false);
    index.before_apply([&index, key, change = std::move(change), done](
                           meta::partition_id partition, const meta::batch& batch
                       ) {
        const auto row_key = row_keys::object(key);
        const bool removes =
            std::any_of(batch.mutations.begin(), batch.mutations.end(), [&](const meta::mutation& one) {
                return one.key == row_key && !one.value;
            });
        if (!removes || std::exchange(*done, true))
            return;
        auto record = decode<records::object>(index.contents(partition).at(row_key).value);
        ASSERT_TRUE(record);
        change(*record);
        meta::batch other;
        other.put(row_key, encode(*record));
        ASSERT_TRUE(index.apply_now(partition, other));
    });
}

TEST_F(ageing_in_memory, what_is_overwritten_just_before_survives) {
    expire_after(1);
    ASSERT_TRUE(at.put("photos", "a", "1"));
    ASSERT_TRUE(at.put("photos", "b", "1"));
    at.time.advance(48h);
    const auto now = at.time.now();
    change_before_removal(at, "a", [now](records::object& record) {
        record.set_sequence(static_cast<std::uint64_t>(nanoseconds_of(now)));
        record.set_modified_ns(nanoseconds_of(now));
    });
    age.run();
    EXPECT_EQ(age.keys(), texts{"a"});
    EXPECT_EQ(age.count(lifecycle_action::expire_current), 1U);
}

TEST_F(ageing_in_memory, what_loses_its_tag_just_before_survives) {
    auto rule = rule_for("r");
    rule.filter.tags = {{"state", "old"}};
    rule.expire_days = 1;
    age.set_rules({rule});
    put_request request;
    request.attributes.tags = {{"state", "old"}};
    ASSERT_TRUE(at.put("photos", "a", "1", request));
    ASSERT_TRUE(at.put("photos", "b", "1", request));
    at.time.advance(48h);
    change_before_removal(at, "a", [](records::object& record) {
        record.mutable_attributes()->clear_tags();
    });
    age.run();
    EXPECT_EQ(age.keys(), texts{"a"});
}

TEST_F(ageing_in_memory, a_version_that_is_current_again_just_before_survives) {
    calls.set("photos", versioning_state::enabled);
    const auto first = at.put("photos", "a", "1")->version_id;
    const auto second = at.put("photos", "a", "2")->version_id;
    auto rule = rule_for("r");
    rule.noncurrent_days = 1;
    age.set_rules({rule});
    at.time.advance(48h);
    // Another client removes the newer version between the look and the batch.
    auto& index = at.memory_index();
    bool done = false;
    std::vector<awaitable<void>> tasks;
    index.before_apply([&](meta::partition_id of, const meta::batch& batch) {
        const auto row_key = row_keys::key_state("a");
        const bool changes =
            std::any_of(batch.mutations.begin(), batch.mutations.end(), [&](const meta::mutation& one) {
                return one.key == row_key;
            });
        if (!changes || std::exchange(done, true))
            return;
        const auto rows = index.contents(of);
        const auto noncurrent = rows.lower_bound(row_keys::versions_of("a"));
        meta::batch other;
        other.put(row_key, rows.at(row_key).value);
        other.put(row_keys::object("a"), noncurrent->second.value);
        other.remove(noncurrent->first);
        ASSERT_TRUE(index.apply_now(of, other));
    });
    age.run();
    EXPECT_TRUE(done);
    EXPECT_EQ(calls.list("photos"), texts{"*a " + first});
    EXPECT_EQ(age.count(lifecycle_action::remove_noncurrent), 0U);
    EXPECT_FALSE(second.empty());
}

/// Four keys of two versions each, an upload, and a young object that stays.
void fill(store_fixture& at, version_calls& calls) {
    calls.set("photos", versioning_state::enabled);
    for (int i = 0; i < 8; ++i)
        ASSERT_TRUE(at.put("photos", "k" + std::to_string(i % 4), std::to_string(i)));
    ASSERT_TRUE(at.create_upload("photos", "u"));
}

std::vector<lifecycle_rule> all_kinds() {
    auto rule = rule_for("r");
    rule.expire_days = 1;
    rule.noncurrent_days = 1;
    rule.abort_days = 1;
    return {rule};
}

TEST(ageing_faults, of_every_batch_leave_what_is_due_due) {
    for (const auto what :
         {meta::injected::unknown_applied,
          meta::injected::unknown_not_applied,
          meta::injected::conflict,
          meta::injected::busy}) {
        bool reached = true;
        for (std::uint64_t skip = 0; reached; ++skip) {
            store_fixture at(backend::memory);
            ASSERT_TRUE(at.create_bucket("photos"));
            version_calls calls(at);
            aging age(at);
            fill(at, calls);
            age.set_rules(all_kinds());
            at.time.advance(48h);
            ASSERT_TRUE(at.put("photos", "young", "x"));
            const auto before = at.memory_index().apply_count();
            at.memory_index().inject(what, skip);
            [[maybe_unused]] auto first = at.wait(at.store().run_lifecycle());
            reached = at.memory_index().apply_count() > before + skip;
            at.reopen();
            age.run();
            EXPECT_EQ(age.keys(), texts{"young"}) << skip;
            EXPECT_EQ(calls.list("photos").size(), 9U) << "four markers over four versions: " << skip;
            EXPECT_TRUE(age.uploads().empty()) << skip;
            age.pass_days(2);
            EXPECT_EQ(calls.list("photos").size(), 2U)
                << "young and its marker: " << skip << " of " << static_cast<int>(what);
            if (HasFailure())
                return;
        }
    }
}

TEST(ageing_faults, of_every_read_leave_what_is_due_due) {
    for (std::uint64_t skip = 0; skip < 60; ++skip) {
        store_fixture at(backend::memory);
        ASSERT_TRUE(at.create_bucket("photos"));
        version_calls calls(at);
        aging age(at);
        fill(at, calls);
        age.set_rules(all_kinds());
        at.time.advance(48h);
        at.memory_index().inject_read_failure(errc::io_error, skip);
        [[maybe_unused]] auto first = at.wait(at.store().run_lifecycle());
        age.run();
        EXPECT_TRUE(age.keys().empty()) << skip;
        EXPECT_EQ(calls.list("photos").size(), 8U) << skip;
        EXPECT_TRUE(age.uploads().empty()) << skip;
        if (HasFailure())
            return;
    }
}

TEST_F(ageing_in_memory, the_index_by_time_has_a_row_for_each_version_and_no_more) {
    expire_after(30);
    ASSERT_TRUE(at.put("photos", "a", "1"));
    ASSERT_TRUE(at.put("photos", "a", "2"));
    EXPECT_EQ(age.rows_of('t'), 1U) << "the row of what was replaced went with it";
    const auto upload = at.create_upload("photos", "u");
    EXPECT_EQ(age.rows_of('t'), 2U);
    ASSERT_TRUE(at.wait(at.store().abort_upload("photos", "u", *upload)));
    ASSERT_TRUE(at.remove("photos", "a"));
    EXPECT_EQ(age.rows_of('t'), 0U);
    calls.set("photos", versioning_state::enabled);
    const auto first = at.put("photos", "a", "1")->version_id;
    ASSERT_TRUE(at.put("photos", "a", "2"));
    ASSERT_TRUE(at.remove("photos", "a"));
    EXPECT_EQ(age.rows_of('t'), 3U);
    ASSERT_TRUE(calls.remove("photos", "a", first));
    EXPECT_EQ(age.rows_of('t'), 2U);
    EXPECT_EQ(age.rows_of('l'), 1U) << "what is left of the key is to be looked at";
    age.run();
    EXPECT_EQ(age.rows_of('l'), 0U);
}

TEST_F(ageing_in_memory, a_removed_bucket_leaves_no_rows) {
    expire_after(30);
    ASSERT_TRUE(at.create_upload("photos", "u"));
    age.run();
    EXPECT_GT(age.rows().size(), 2U);
    const auto id = partition();
    ASSERT_TRUE(at.wait(at.store().delete_bucket("photos")));
    EXPECT_TRUE(at.settle([&] { return at.memory_index().contents(id).empty(); }));
}

TEST_F(ageing_in_memory, buckets_without_rules_have_no_rows) {
    ASSERT_TRUE(at.put("photos", "a", "1"));
    const auto before = at.memory_index().apply_count();
    age.run();
    EXPECT_EQ(at.memory_index().apply_count(), before);
    EXPECT_EQ(age.rows_of('t'), 0U);
    ASSERT_EQ(age.rows().size(), 2U) << "the state and the object";
    EXPECT_EQ(age.rows().at("s").value, "live");
}

}  // namespace
}  // namespace labstore::storage
