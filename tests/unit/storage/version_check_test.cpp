// `labstore-server check` on rows of versions that do not fit together.
#include "storage/index_check.hpp"
#include "storage/row_keys.hpp"
#include "version_fixture.hpp"

namespace labstore::storage {
namespace {

using rows = std::map<std::string, meta::entry>;

class checked_versions : public testing::Test {
  protected:
    void SetUp() override {
        bucket = at.create_bucket("photos")->id;
        ASSERT_TRUE(at.put("photos", "a", "null"));
        ASSERT_TRUE(at.put("photos", "before", "x"));
        calls.set("photos", versioning_state::enabled);
        ASSERT_TRUE(at.put("photos", "a", "1"));
        ASSERT_TRUE(at.put("photos", "a", "2"));
        ASSERT_TRUE(at.put("photos", "hidden", "1"));
        ASSERT_TRUE(calls.remove("photos", "hidden"));
        partition = at.memory_index().contents(meta::partition_id{bucket});
    }

    std::vector<std::string> damages() {
        check_report report;
        blob_census census;
        for (const auto& [locator, blob] : at.memory_blobs().contents())
            census.add({locator, blob.bytes->size()});
        census.close();
        std::vector<std::string> found;
        const auto damage = [&](const std::string& what) {
            found.push_back(what);
        };
        index_check check(
            report, census, [](const blob::ref&) { return false; }, damage
        );
        for (const auto& [key, row] : at.memory_index().contents(meta::system_partition))
            check.row(meta::system_partition, key, row.value);
        for (const auto& [key, row] : partition)
            check.row(meta::partition_id{bucket}, key, row.value);
        check.close();
        return found;
    }

    void expect_damage(std::string_view what) {
        const auto found = damages();
        bool said = false;
        for (const auto& line : found)
            said = said || line.find(what) != std::string::npos;
        EXPECT_TRUE(said) << what << " not in: " << testing::PrintToString(found);
    }

    /// The newest row 'v' of the key.
    rows::iterator newest(const std::string& key) {
        return partition.lower_bound(row_keys::versions_of(key));
    }

    void change(rows::iterator row, const std::function<void(records::object&)>& how) {
        auto record = decode<records::object>(row->second.value);
        ASSERT_TRUE(record);
        how(*record);
        row->second.value = encode(*record);
    }

    void change_state(const std::string& key, const std::function<void(records::key_state&)>& how) {
        auto& value = partition.at(row_keys::key_state(key)).value;
        auto record = decode<records::key_state>(value);
        ASSERT_TRUE(record);
        how(*record);
        value = encode(*record);
    }

    store_fixture at{backend::memory};
    version_calls calls{at};
    std::uint64_t bucket = 0;
    rows partition;
};

TEST_F(checked_versions, finds_nothing_in_a_sound_bucket) {
    EXPECT_EQ(damages(), std::vector<std::string>());
}

TEST_F(checked_versions, sees_rows_that_are_missing) {
    const auto kept = partition;
    partition.erase(row_keys::object("a"));
    expect_damage("object a: its newest version is not the current one");
    partition = kept;
    partition.erase(newest("hidden"));
    expect_damage("object hidden: its newest version is not the current one");
    partition = kept;
    partition.erase(row_keys::key_state("a"));
    expect_damage("1 have versions and no state");
    partition = kept;
    partition.erase(newest("hidden"));
    partition.erase(newest("hidden"));
    expect_damage("object hidden: its state is left and no version");
}

TEST_F(checked_versions, sees_rows_that_contradict_each_other) {
    const auto kept = partition;
    change(newest("a"), [](records::object& record) { record.set_sequence(record.sequence() + 1); });
    expect_damage("object a: a version's sequence is not its row's");
    partition = kept;
    change(newest("a"), [](records::object& record) { record.set_version_id("0123456789abcdef"); });
    expect_damage("object a: its version id is not its row's");
    partition = kept;
    change(partition.find(row_keys::object("a")), [](records::object& record) { record.set_sequence(1); });
    expect_damage("object a: its current version is not the newest");
    partition = kept;
    change(newest("a"), [](records::object& record) {
        record.set_null_version(true);
        record.clear_version_id();
    });
    expect_damage("object a: it has two null versions");
    partition = kept;
    change_state("a", [](records::key_state& state) { state.set_null_sequence(0); });
    expect_damage("object a: its null version is not where its state says");
    partition = kept;
    change_state("a", [](records::key_state& state) { state.set_sequence(state.sequence() - 1); });
    expect_damage("object a: it has a version that its state does not know");
    partition = kept;
    partition.at(row_keys::key_state("a")).value = "\xff\xff";
    expect_damage("the state of a key does not decode");
    partition = kept;
    partition.at(row_keys::state()).value = "live";
    expect_damage("it has versions in a bucket that never was versioned");
}

}  // namespace
}  // namespace labstore::storage
