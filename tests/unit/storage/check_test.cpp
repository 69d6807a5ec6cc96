#include "storage/index_check.hpp"
#include "storage/row_keys.hpp"
#include "support/storage/store_fixture.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace labstore::storage {
namespace {

using rows = std::map<std::string, meta::entry>;

/// A store with a bit of everything, whose rows a test may damage before they are checked.
class checked : public testing::Test {
  protected:
    void SetUp() override {
        bucket = at.create_bucket("photos")->id;
        ASSERT_TRUE(at.put("photos", "plain", "hello"));
        ASSERT_TRUE(at.put("photos", "empty", ""));
        ASSERT_TRUE(at.put("photos", "plain", "hello again"));
        const auto done = at.create_upload("photos", "parts");
        std::vector<part_info> parts;
        for (std::uint32_t i = 1; i <= 1'200; ++i)
            parts.push_back(*at.put_part("photos", "parts", *done, i, pattern(16, i)));
        ASSERT_TRUE(at.complete("photos", "parts", *done, parts));
        const auto open = at.create_upload("photos", "open");
        ASSERT_TRUE(at.put_part("photos", "open", *open, 1, "part"));
        const auto aborted = at.create_upload("photos", "aborted");
        ASSERT_TRUE(at.put_part("photos", "aborted", *aborted, 1, "part"));
        ASSERT_TRUE(at.wait(at.store().abort_upload("photos", "aborted", *aborted)));
        system = at.memory_index().contents(meta::system_partition);
        partition = at.memory_index().contents(meta::partition_id{bucket});
    }

    check_report run() {
        check_report report;
        blob_census census;
        for (const auto& [locator, blob] : at.memory_blobs().contents())
            census.add({locator, blob.bytes->size()});
        census.close();
        found.clear();
        const auto damage = [&](const std::string& what) {
            ++report.damages;
            found.push_back(what);
        };
        index_check check(
            report, census, [](const blob::ref&) { return false; }, damage
        );
        for (const auto& [key, row] : system)
            check.row(meta::system_partition, key, row.value);
        for (const auto& [key, row] : partition)
            check.row(meta::partition_id{bucket}, key, row.value);
        check.close();
        report.blobs = census.count();
        report.orphans = census.unnamed();
        return report;
    }

    rows::iterator first(char kind) { return partition.lower_bound(std::string(1, kind)); }

    void expect_damage(std::string_view what) {
        EXPECT_GE(run().damages, 1U);
        bool said = false;
        for (const auto& line : found)
            said = said || line.find(what) != std::string::npos;
        EXPECT_TRUE(said) << what << " not in: " << testing::PrintToString(found);
    }

    template <typename Record>
    void change(rows::iterator row, const std::function<void(Record&)>& how) {
        auto record = decode<Record>(row->second.value);
        ASSERT_TRUE(record);
        how(*record);
        row->second.value = encode(*record);
    }

    store_fixture at{backend::memory};
    std::uint64_t bucket = 0;
    rows system;
    rows partition;
    std::vector<std::string> found;
};

TEST_F(checked, finds_nothing_in_a_sound_store) {
    const auto report = run();
    EXPECT_EQ(report.damages, 0U) << testing::PrintToString(found);
    EXPECT_EQ(report.buckets, 1U);
    EXPECT_EQ(report.objects, 3U);
    EXPECT_EQ(report.uploads, 1U);
    EXPECT_EQ(report.blobs, 1'204U);
    EXPECT_EQ(report.orphans, 2U) << "the replaced object's and the aborted part's bytes";
    EXPECT_EQ(report.bytes, 11U + 1'200U * 16 + 4);
}

TEST_F(checked, sees_missing_bytes) {
    for (const auto& [locator, blob] : at.memory_blobs().contents())
        if (blob.whose.key == "plain" || blob.whose.part_number == 1'100)
            at.memory_blobs().lose(locator);
    EXPECT_EQ(run().damages, 2U);
    expect_damage("object plain: its bytes are missing");
    expect_damage("part 1100: its bytes are missing");
}

TEST_F(checked, sees_broken_rows) {
    for (const char kind : {'g', 'm', 'o', 's', 'u', 'w'}) {
        const auto kept = partition;
        first(kind)->second.value = "\xff\xff\xff";
        EXPECT_GE(run().damages, 1U) << kind;
        partition = kept;
    }
    system.begin()->second.value = "\xff";
    EXPECT_GE(run().damages, 1U);
}

TEST_F(checked, sees_missing_rows) {
    for (const char kind : {'g', 'm', 's', 'u'}) {
        const auto kept = partition;
        // The last of the two manifest rows and the only state and upload rows; of the intents all.
        const auto after = partition.lower_bound(std::string(1, static_cast<char>(kind + 1)));
        partition.erase(kind == 'g' ? first(kind) : std::prev(after), after);
        EXPECT_GE(run().damages, 1U) << kind;
        partition = kept;
    }
    const auto kept = partition;
    partition.erase(row_keys::object("parts"));
    expect_damage("parts that no object names");
    partition = kept;
    system.clear();
    expect_damage("it belongs to no bucket");
    partition.clear();
    EXPECT_EQ(run().damages, 0U);
}

TEST_F(checked, sees_sums_that_do_not_add_up) {
    const auto kept = partition;
    change<records::object>(partition.find(row_keys::object("parts")), [](records::object& record) {
        record.set_size_bytes(record.size_bytes() + 1);
    });
    expect_damage("do not add up");
    partition = kept;
    change<records::object>(partition.find(row_keys::object("plain")), [](records::object& record) {
        record.set_size_bytes(record.size_bytes() + 1);
    });
    expect_damage("another size");
    partition = kept;
    change<records::object>(partition.find(row_keys::object("empty")), [](records::object& record) {
        record.set_size_bytes(1);
    });
    expect_damage("it has a size and no bytes");
    partition = kept;
    // The aborted upload's part waits for its clean-up; the other one is held against its row.
    for (auto row = first('w'); row != partition.end(); ++row)
        change<records::part>(row, [](records::part& record) { record.set_number(77); });
    expect_damage("its number differs");
    partition = kept;
    change<records::object>(partition.find(row_keys::object("plain")), [](records::object& record) {
        record.set_delete_marker(true);
    });
    expect_damage("a delete marker stands");
}

TEST(check, reads_the_files_of_a_stopped_store) {
    store_fixture at(backend::local);
    ASSERT_TRUE(at.create_bucket("photos"));
    ASSERT_TRUE(at.put("photos", "small", pattern(1'000, 1)));
    ASSERT_TRUE(at.put("photos", "large", pattern(1'000'000, 2)));
    at.shut();
    std::vector<std::string> found;
    const auto say = [&](const std::string& what) {
        found.push_back(what);
    };
    const auto sound = check(at.path(), say);
    ASSERT_TRUE(sound);
    EXPECT_EQ(sound->damages, 0U) << testing::PrintToString(found);
    EXPECT_EQ(sound->objects, 2U);
    EXPECT_EQ(sound->orphans, 0U);

    for (const auto& file : std::filesystem::recursive_directory_iterator(at.path() + "/blobs"))
        if (file.is_regular_file()) {
            std::fstream bytes(file.path(), std::ios::in | std::ios::out | std::ios::binary);
            bytes.seekp(500'000);
            bytes.put('!');
        }
    const auto damaged = check(at.path(), say);
    ASSERT_TRUE(damaged);
    EXPECT_GE(damaged->damages, 1U);
    EXPECT_FALSE(found.empty());
}

TEST(check, an_unused_path_is_sound) {
    store_fixture at(backend::local);
    at.shut();
    const auto report = check(at.path(), [](const std::string&) {});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->damages, 0U);
    const auto nothing = check(at.path() + "/nowhere", [](const std::string&) {});
    ASSERT_TRUE(nothing);
    EXPECT_EQ(nothing->objects, 0U);
}

}  // namespace
}  // namespace labstore::storage
