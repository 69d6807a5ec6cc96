// What each failure of the disk answers, and what is still true afterwards.
#include "support/meta/faulty_index_files.hpp"
#include "unit/meta/store_fixture.hpp"

#include <gtest/gtest.h>

#include <map>
#include <thread>

namespace labstore::meta {
namespace {

constexpr partition_id bucket{3};
using fault = faulty_index_files::fault;

class Faults : public testing::Test {
  protected:
    std::unique_ptr<store> open() { return open_or_fail(settings_, pool_, *env_); }

    bool has_ballast() const { return std::filesystem::exists(settings_.path + "/ballast"); }

    scratch_folder folder_;
    options settings_ = small_options(folder_.path());
    runtime::blocking_pool pool_{{.threads = 2}};
    std::shared_ptr<faulty_index_files> files_ = std::make_shared<faulty_index_files>();
    std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(files_);
};

/// A log that failed for good: no acknowledgement then or later, reads go on, and a restart settles what was open.
TEST_F(Faults, AFailedLogEndsChangesUntilARestart) {
    for (const auto what : {fault::append_fails, fault::append_tears, fault::sync_fails}) {
        scratch_folder fresh;
        settings_ = small_options(fresh.path());
        auto index = open();
        ASSERT_TRUE(put(*index, bucket, "kept", "old"));
        ASSERT_TRUE(put(*index, bucket, "other", "old"));
        files_->fail_log(what);
        EXPECT_EQ(error_of(put(*index, bucket, "kept", "new")), errc::unknown);
        files_->heal();
        EXPECT_EQ(error_of(put(*index, bucket, "kept", "newer")), errc::fatal);
        EXPECT_EQ(error_of(put(*index, bucket, "else", "x")), errc::fatal);
        EXPECT_FALSE(index->writable());
        EXPECT_EQ(value_of(*index, bucket, "kept"), "unknown");
        EXPECT_EQ(value_of(*index, bucket, "other"), "old");
        EXPECT_FALSE(index->close());
        index = open();
        EXPECT_TRUE(index->writable());
        const auto settled = value_of(*index, bucket, "kept");
        EXPECT_TRUE(settled == "old" || settled == "new") << settled;
        EXPECT_EQ(value_of(*index, bucket, "else"), "(absent)");
        EXPECT_TRUE(put(*index, bucket, "kept", "newest"));
    }
}

/// A device that ran full under the log: the same, but room is enough, no restart is needed.
TEST_F(Faults, AFullDeviceRecoversWithoutARestart) {
    for (const auto what : {fault::append_without_room, fault::sync_without_room}) {
        scratch_folder fresh;
        settings_ = small_options(fresh.path());
        files_->set_free_bytes(10 * GiB);
        auto index = open();
        for (int i = 0; i < 100; ++i)
            ASSERT_TRUE(put(*index, bucket, "row" + std::to_string(i), "old"));
        files_->fail_log(what);
        EXPECT_EQ(error_of(put(*index, bucket, "row7", "new")), errc::unknown);
        files_->set_free_bytes(1);
        EXPECT_EQ(error_of(put(*index, bucket, "row8", "new")), errc::full);
        EXPECT_TRUE(index->writable());
        EXPECT_EQ(value_of(*index, bucket, "row7"), "unknown");
        EXPECT_EQ(value_of(*index, bucket, "row8"), "old");
        files_->heal();
        files_->set_free_bytes(10 * GiB);
        const auto before = index->statistics();
        EXPECT_EQ(error_of(put(*index, bucket, "row8", "newer")), errc::ok);
        const auto after = index->statistics();
        EXPECT_GT(after.engine.log_bytes, before.engine.log_bytes) << "counts go on in the reopened database";
        const auto settled = value_of(*index, bucket, "row7");
        EXPECT_TRUE(settled == "old" || settled == "new") << settled;
        EXPECT_EQ(value_of(*index, bucket, "row8"), "newer");
        EXPECT_EQ(value_of(*index, bucket, "row9"), "old");
        ASSERT_TRUE(index->close());
        index = open();
        EXPECT_EQ(value_of(*index, bucket, "row7"), settled);
        EXPECT_EQ(value_of(*index, bucket, "row8"), "newer");
    }
}

TEST_F(Faults, AFullDeviceUnderTheFirstWriteRecoversToo) {
    files_->set_free_bytes(10 * GiB);
    auto index = open();
    files_->fail_log(fault::append_without_room);
    EXPECT_EQ(error_of(put(*index, bucket, "k", "1")), errc::unknown);
    files_->heal();
    EXPECT_EQ(error_of(put(*index, bucket, "k", "2")), errc::ok);
    EXPECT_EQ(value_of(*index, bucket, "k"), "2");
}

TEST_F(Faults, UndecidedRowsAreSettledThoughNobodyWrites) {
    auto index = open();
    ASSERT_TRUE(put(*index, bucket, "k", "1"));
    files_->fail_log(fault::append_without_room);
    EXPECT_EQ(error_of(put(*index, bucket, "k", "2")), errc::unknown);
    EXPECT_EQ(value_of(*index, bucket, "k"), "unknown");
    files_->heal();
    for (int i = 0; i < 100 && value_of(*index, bucket, "k") == "unknown"; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_EQ(value_of(*index, bucket, "k"), "1");
}

/// Applies rows until one is not acknowledged, at most until several memory tables are full.
errc fill_until_refused(store& index, std::map<std::string, std::string>& acknowledged) {
    const std::string value(64 * KiB, 'x');
    for (int i = 0; i < 200; ++i) {
        const auto key = "fill" + std::to_string(i);
        const auto outcome = error_of(put(index, bucket, key, value, sync::none));
        if (outcome != errc::ok)
            return outcome;
        acknowledged[key] = value;
    }
    return errc::ok;
}

void expect_rows(store& index, const std::map<std::string, std::string>& expected) {
    for (const auto& [key, value] : expected)
        ASSERT_EQ(value_of(index, bucket, key), value) << key;
}

/// No room for a table or for the next log: RocksDB stops on its own, between two writes or within one.
TEST_F(Faults, ATableOrLogThatFindsNoRoomRecoversWithoutARestart) {
    const std::vector<std::pair<std::string, fault>> cases{
        {".sst", fault::append_without_room},
        {".sst", fault::sync_without_room},
        {".log", fault::create_without_room}};
    for (const auto& [suffix, what] : cases) {
        scratch_folder fresh;
        settings_ = small_options(fresh.path());
        auto index = open();
        std::map<std::string, std::string> acknowledged;
        files_->fail_files(suffix, what);
        const auto refusal = fill_until_refused(*index, acknowledged);
        EXPECT_TRUE(refusal == errc::full || refusal == errc::unknown) << errc_name(refusal);
        EXPECT_TRUE(index->writable());
        expect_rows(*index, acknowledged);
        EXPECT_EQ(error_of(put(*index, bucket, "more", "x")), errc::full);
        expect_rows(*index, acknowledged);
        files_->heal();
        auto outcome = errc::full;
        for (int i = 0; i < 100 && outcome == errc::full; ++i) {
            outcome = error_of(put(*index, bucket, "more", "x"));
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        EXPECT_EQ(outcome, errc::ok);
        expect_rows(*index, acknowledged);
        EXPECT_TRUE(index->close());
    }
}

TEST_F(Faults, ATableThatCannotBeWrittenEndsChanges) {
    auto index = open();
    std::map<std::string, std::string> acknowledged;
    files_->fail_files(".sst", fault::append_fails);
    const auto refusal = fill_until_refused(*index, acknowledged);
    EXPECT_TRUE(refusal == errc::fatal || refusal == errc::unknown) << errc_name(refusal);
    EXPECT_EQ(error_of(put(*index, bucket, "more", "x")), errc::fatal);
    EXPECT_FALSE(index->writable());
    expect_rows(*index, acknowledged);
    files_->heal();
    EXPECT_FALSE(index->close());
    index = open();
    expect_rows(*index, acknowledged);
}

TEST_F(Faults, TheBallastCarriesChangesOverAFullDevice) {
    files_->set_free_bytes(10 * GiB);
    auto index = open();
    ASSERT_TRUE(has_ballast());
    ASSERT_TRUE(put(*index, bucket, "k", "1"));
    const auto ballast_bytes = std::filesystem::file_size(settings_.path + "/ballast");
    // Too little: the ballast goes, and since this device stays full, the change is refused and nothing is applied.
    files_->set_free_bytes(ballast_bytes / 8);
    EXPECT_EQ(error_of(put(*index, bucket, "k", "2")), errc::full);
    EXPECT_FALSE(has_ballast());
    EXPECT_TRUE(index->writable());
    EXPECT_EQ(value_of(*index, bucket, "k"), "1");
    // What giving it up brought is enough to go on.
    files_->set_free_bytes(ballast_bytes);
    EXPECT_EQ(error_of(put(*index, bucket, "k", "3")), errc::ok);
    EXPECT_EQ(value_of(*index, bucket, "k"), "3");
    files_->set_free_bytes(10 * GiB);
    for (int i = 0; i < 100 && !has_ballast(); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_TRUE(has_ballast());
}

TEST_F(Faults, AFullQueueAnswersBusy) {
    settings_.queue_size_max = 2;
    auto index = open();
    ASSERT_TRUE(put(*index, bucket, "k", "v"));
    files_->hold_syncs(true);
    runtime::asio::io_context context(1);
    runtime::task_group tasks;
    std::map<errc, int> outcomes;
    const auto count = [&outcomes](errc outcome) {
        ++outcomes[outcome];
    };
    const auto write_one = [](store& into, std::string key, auto& report) -> awaitable<void> {
        batch changes;
        changes.put(std::move(key), "v");
        auto outcome = co_await into.apply(bucket, std::move(changes), sync::as_configured);
        report(error_of(outcome));
    };
    const int syncs = files_->log_syncs();
    tasks.spawn(context.get_executor(), write_one(*index, "first", count));
    context.poll();
    while (files_->log_syncs() == syncs)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    for (int i = 0; i < 5; ++i)
        tasks.spawn(context.get_executor(), write_one(*index, "more" + std::to_string(i), count));
    context.poll();
    EXPECT_EQ(outcomes[errc::busy], 3);
    files_->hold_syncs(false);
    context.run();
    EXPECT_EQ(outcomes[errc::ok], 3);
}

TEST_F(Faults, DurabilityDecidesWhoSyncs) {
    const auto syncs_of = [this](durability mode, sync wanted) {
        scratch_folder fresh;
        settings_ = small_options(fresh.path());
        settings_.mode = mode;
        settings_.interval = std::chrono::milliseconds(20);
        auto index = open();
        const int before = files_->log_syncs();
        for (int i = 0; i < 5; ++i)
            EXPECT_TRUE(put(*index, bucket, "k", "v", wanted));
        if (mode == durability::interval)
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
        const int made = files_->log_syncs() - before;
        if (mode != durability::interval) {
            EXPECT_EQ(index->statistics().engine.log_sync_seconds.count(), static_cast<std::uint64_t>(made));
        }
        EXPECT_TRUE(index->close());
        // Closing leaves nothing to lose in any mode.
        EXPECT_GT(files_->log_syncs(), before);
        return made;
    };
    EXPECT_EQ(syncs_of(durability::commit, sync::as_configured), 5);
    EXPECT_EQ(syncs_of(durability::commit, sync::none), 0);
    EXPECT_EQ(syncs_of(durability::none, sync::as_configured), 0);
    EXPECT_GE(syncs_of(durability::interval, sync::as_configured), 1);
}

TEST_F(Faults, AFailedPeriodicSyncEndsChanges) {
    settings_.mode = durability::interval;
    settings_.interval = std::chrono::milliseconds(20);
    auto index = open();
    files_->fail_log(fault::sync_fails);
    ASSERT_TRUE(put(*index, bucket, "k", "v"));
    for (int i = 0; i < 200 && index->writable(); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_FALSE(index->writable());
    EXPECT_EQ(error_of(put(*index, bucket, "k", "w")), errc::fatal);
    EXPECT_EQ(value_of(*index, bucket, "k"), "v");
}

}  // namespace
}  // namespace labstore::meta
