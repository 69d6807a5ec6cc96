#include "meta/local_store.hpp"

#include "unit/meta/store_fixture.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <numeric>
#include <set>

namespace labstore::meta {
namespace {

constexpr partition_id bucket{3};

class LocalStore : public testing::Test {
  protected:
    std::unique_ptr<store> open() { return open_or_fail(settings_, pool_); }

    scratch_folder folder_;
    options settings_ = small_options(folder_.path());
    runtime::blocking_pool pool_{{.threads = 2}};
};

TEST_F(LocalStore, ReopeningKeepsEverythingAndRepeatsNoRevision) {
    std::map<std::string, std::string> expected;
    std::set<revision> seen;
    for (int round = 0; round < 4; ++round) {
        auto index = open();
        for (int i = 0; i < 50; ++i) {
            const auto key = "k" + std::to_string(i % 30);
            const auto value = std::to_string(round) + "/" + std::to_string(i);
            const auto rev = put(*index, bucket, key, value);
            ASSERT_TRUE(rev);
            ASSERT_TRUE(seen.insert(*rev).second);
            expected[key] = value;
        }
        if (round % 2 == 0) {
            ASSERT_TRUE(index->close());
        }
        index = nullptr;
    }
    auto index = open();
    const auto listed = run(index->scan(bucket, {}));
    ASSERT_TRUE(listed);
    std::map<std::string, std::string> found;
    for (const auto& one : listed->rows)
        found.emplace(one.key, one.value);
    EXPECT_EQ(found, expected);
}

awaitable<void> write_many(store& index, std::string name, int count, int& failed) {
    for (int i = 0; i < count; ++i) {
        batch changes;
        changes.put(name + std::to_string(i), "value");
        auto outcome = co_await index.apply(bucket, std::move(changes), sync::as_configured);
        failed += outcome ? 0 : 1;
    }
}

TEST_F(LocalStore, ConcurrentBatchesShareAGroup) {
    auto index = open();
    runtime::asio::io_context context(1);
    runtime::task_group tasks;
    int failed = 0;
    for (int writer = 0; writer < 20; ++writer)
        tasks.spawn(
            context.get_executor(), write_many(*index, "w" + std::to_string(writer) + "/", 20, failed)
        );
    context.run();
    EXPECT_EQ(failed, 0);
    const auto now = index->statistics();
    EXPECT_EQ(now.batches, 400U);
    EXPECT_LT(now.groups, 400U);
    EXPECT_GT(now.group_size_max, 1U);
    EXPECT_EQ(now.group_sizes.count(), now.groups);
    EXPECT_EQ(now.group_sizes.sum, 400.0);
    EXPECT_EQ(now.commit_seconds.count(), 400U);
    EXPECT_EQ(now.engine.log_sync_seconds.count(), now.groups) << "one sync for each group";
    EXPECT_GT(now.engine.log_sync_seconds.sum, 0.0);
    EXPECT_LE(now.engine.log_sync_seconds.sum, now.commit_seconds.sum);
    EXPECT_GE(now.engine.log_bytes, 400U * (5 + 8));
    EXPECT_GT(now.engine.memory_table_bytes, 0U);
    EXPECT_EQ(now.queue_length, 0U);
    EXPECT_EQ(now.queue_length_max, settings_.queue_size_max);
    EXPECT_GT(now.engine.rows_estimate, 0U);
    const auto listed = run(index->scan(bucket, {}));
    ASSERT_TRUE(listed);
    EXPECT_EQ(listed->rows.size(), 400U);
}

awaitable<void> increment(store& index, int times, int& conflicts) {
    for (int done = 0; done < times;) {
        auto found = co_await index.get(bucket, "counter");
        batch changes;
        int value = 0;
        if (*found) {
            changes.preconditions.push_back(at_revision("counter", (*found)->rev));
            value = std::stoi((*found)->value);
        } else {
            changes.preconditions.push_back(absent("counter"));
        }
        changes.put("counter", std::to_string(value + 1));
        auto outcome = co_await index.apply(bucket, std::move(changes), sync::as_configured);
        done += outcome ? 1 : 0;
        conflicts += outcome ? 0 : 1;
    }
}

TEST_F(LocalStore, ConflictsWithinAGroupAreSeen) {
    auto index = open();
    runtime::asio::io_context context(1);
    runtime::task_group tasks;
    int conflicts = 0;
    for (int i = 0; i < 10; ++i)
        tasks.spawn(context.get_executor(), increment(*index, 20, conflicts));
    context.run();
    EXPECT_EQ(value_of(*index, bucket, "counter"), "200");
    EXPECT_GT(conflicts, 0);
    EXPECT_EQ(index->statistics().conflicts, static_cast<std::uint64_t>(conflicts));
}

TEST_F(LocalStore, ASecondOpeningIsRefused) {
    auto index = open();
    const auto second = open_local(settings_, pool_);
    ASSERT_FALSE(second);
    EXPECT_EQ(to_errc(second.error()), errc::already_locked);
}

TEST_F(LocalStore, NothingIsAppliedAfterClosing) {
    auto index = open();
    ASSERT_TRUE(put(*index, bucket, "k", "v"));
    ASSERT_TRUE(index->close());
    EXPECT_EQ(error_of(put(*index, bucket, "k", "w")), errc::fatal);
    EXPECT_EQ(value_of(*index, bucket, "k"), "fatal");
    EXPECT_EQ(error_of(run(index->scan(bucket, {}))), errc::fatal);
    EXPECT_TRUE(index->close());
}

/// Rows in tables: the log of one life is turned into a table by the next.
void fill_tables(const options& settings, runtime::blocking_pool& pool, int rows) {
    auto index = open_or_fail(settings, pool);
    for (int i = 0; i < rows; ++i)
        ASSERT_TRUE(put(*index, bucket, "key" + std::to_string(i), "value" + std::to_string(i), sync::none));
    index = nullptr;
    index = open_or_fail(settings, pool);
}

std::vector<std::filesystem::path> files_with(const std::string& folder, const std::string& extension) {
    std::vector<std::filesystem::path> found;
    for (const auto& file : std::filesystem::directory_iterator(folder))
        if (file.path().extension() == extension)
            found.push_back(file.path());
    return found;
}

void flip_byte(const std::filesystem::path& file, std::uint64_t offset) {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekg(static_cast<std::streamoff>(offset));
    const char flipped = static_cast<char>(bytes.get() ^ 0x10);
    bytes.seekp(static_cast<std::streamoff>(offset));
    bytes.put(flipped);
}

TEST_F(LocalStore, ColdRowsComeFromTheDiskAndWarmOnesFromMemory) {
    fill_tables(settings_, pool_, 500);
    auto index = open();
    for (int round = 0; round < 2; ++round)
        for (int i = 0; i < 500; i += 50)
            EXPECT_EQ(value_of(*index, bucket, "key" + std::to_string(i)), "value" + std::to_string(i));
    EXPECT_EQ(value_of(*index, bucket, "key500"), "(absent)");
    const auto now = index->statistics();
    EXPECT_EQ(now.lookups_cached + now.lookups_from_device, 21U);
    EXPECT_GT(now.lookups_from_device, 0U);
    EXPECT_GE(now.lookups_cached, 10U) << "the second round";
    EXPECT_GT(now.engine.block_cache_hits, 0U);
    EXPECT_GT(now.engine.block_cache_misses, 0U);
    EXPECT_GT(now.engine.block_cache_bytes, 0U);
    EXPECT_EQ(now.engine.block_cache_bytes_max, settings_.block_cache_bytes);
    const auto& files = now.engine.level_files;
    EXPECT_EQ(files.size(), 7U);
    EXPECT_EQ(
        std::accumulate(files.begin(), files.end(), std::uint64_t{0}),
        files_with(settings_.path, ".sst").size()
    );
}

TEST_F(LocalStore, AFlippedByteIsNeverServed) {
    fill_tables(settings_, pool_, 500);
    const auto tables = files_with(settings_.path, ".sst");
    ASSERT_EQ(tables.size(), 1U);
    const auto size = std::filesystem::file_size(tables[0]);
    int found_corrupt = 0;
    for (std::uint64_t offset = 0; offset < size; offset += size / 40) {
        flip_byte(tables[0], offset);
        auto opened = open_local(settings_, pool_);
        if (!opened) {
            EXPECT_EQ(to_errc(opened.error()), errc::corrupt) << offset;
            ++found_corrupt;
        } else {
            for (int i = 0; i < 500; ++i) {
                const auto value = value_of(**opened, bucket, "key" + std::to_string(i));
                if (value == "corrupt")
                    ++found_corrupt;
                else
                    ASSERT_EQ(value, "value" + std::to_string(i)) << offset;
            }
            const auto listed = run((*opened)->scan(bucket, {}));
            if (!listed) {
                EXPECT_EQ(to_errc(listed.error()), errc::corrupt);
            }
            *opened = nullptr;
        }
        const auto verified =
            verify_local(settings_.path, [](partition_id, std::string_view, std::string_view) {});
        if (!verified) {
            EXPECT_EQ(to_errc(verified.error()), errc::corrupt);
        }
        flip_byte(tables[0], offset);
    }
    EXPECT_GT(found_corrupt, 0);
}

TEST_F(LocalStore, VerifyVisitsEveryRowInOrder) {
    fill_tables(settings_, pool_, 20);
    {
        auto index = open();
        ASSERT_TRUE(put(*index, partition_id{1}, "in the log", "x"));
    }
    std::vector<std::string> visited;
    const auto count =
        verify_local(settings_.path, [&](partition_id partition, std::string_view key, std::string_view) {
            visited.push_back(std::to_string(static_cast<std::uint64_t>(partition)) + ":" + std::string(key));
        });
    ASSERT_TRUE(count);
    EXPECT_EQ(*count, 21U);
    EXPECT_EQ(visited.size(), 21U);
    EXPECT_EQ(visited.front(), "1:in the log");
    EXPECT_TRUE(std::is_sorted(visited.begin(), visited.end()));
    EXPECT_FALSE(verify_local(folder_.path("nothing"), [](partition_id, std::string_view, std::string_view) {
    }));
}

TEST_F(LocalStore, RocksDbKeepsTheOptionsWeRelyOn) {
    const auto wanted = rocks_options(settings_, nullptr, nullptr, *rocksdb::Env::Default());
    rocksdb::DB* opened = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(wanted, settings_.path, &opened).ok());
    const std::unique_ptr<rocksdb::DB> db(opened);
    const auto kept = db->GetDBOptions();
    EXPECT_EQ(kept.wal_recovery_mode, rocksdb::WALRecoveryMode::kPointInTimeRecovery);
    EXPECT_EQ(kept.recycle_log_file_num, 0U);
    EXPECT_TRUE(kept.track_and_verify_wals_in_manifest);
    EXPECT_TRUE(kept.paranoid_checks);
    EXPECT_FALSE(kept.avoid_flush_during_recovery);
    EXPECT_EQ(kept.max_bgerror_resume_count, 0);
    EXPECT_EQ(db->GetOptions().max_write_buffer_number, 3);
}

}  // namespace
}  // namespace labstore::meta
