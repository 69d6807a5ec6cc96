#include "support/blob/faulty_file_system.hpp"
#include "support/blob/store_fixture.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <condition_variable>
#include <thread>

namespace labstore::blob::testing {
namespace {

/// Holds the syncs of segments back while it is closed.
class gate {
  public:
    void close() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }

    void open() {
        const std::lock_guard lock(mutex_);
        closed_ = false;
        changed_.notify_all();
    }

    void pass() {
        std::unique_lock lock(mutex_);
        ++arrived_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return !closed_; });
    }

    void wait_for_arrival(int count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return arrived_ >= count; });
    }

    int arrived() {
        const std::lock_guard lock(mutex_);
        return arrived_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool closed_ = false;
    int arrived_ = 0;
};

awaitable<void> put_and_count(store& blobs, int number, std::atomic<int>& done, std::atomic<int>& failed) {
    auto content = pattern(static_cast<std::uint64_t>(number), 3000);
    auto whose = owner_of("key" + std::to_string(number));
    const auto made = co_await put(blobs, std::move(whose), std::move(content), 3000, 3000);
    ++(made ? done : failed);
}

options group_options() {
    options settings;
    settings.path = "/store";
    settings.segment_size_bytes = 1 * MiB;
    settings.packed_size_bytes_max = 64 * KiB;
    return settings;
}

class GroupCommitTest : public ::testing::Test {
  protected:
    void open(const options& settings) {
        auto opened = open_local(settings, pool_, files_);
        ASSERT_TRUE(opened);
        blobs_ = std::move(*opened);
        // The first segment is ready and active from here on.
        ASSERT_TRUE(put_now(*blobs_, owner_of("first"), "first"));
        // Syncs that come now are those of the committer alone: the spares are ready.
        while (blobs_->statistics().segments_free < 2)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        files_.watch([this](call kind, const std::string&) {
            if (kind == call::sync_data)
                gate_.pass();
        });
    }

    memory_file_system memory_;
    faulty_file_system files_{memory_};
    runtime::blocking_pool pool_{{.threads = 4, .queue_size_max = 256}};
    gate gate_;
    std::unique_ptr<store> blobs_;
};

TEST_F(GroupCommitTest, AcknowledgesAfterTheSyncAndSharesIt) {
    open(group_options());
    const auto groups_before = blobs_->statistics().groups;
    gate_.close();
    runtime::asio::io_context context(1);
    std::atomic<int> done{0};
    std::atomic<int> failed{0};
    for (int i = 0; i < 40; ++i)
        runtime::asio::co_spawn(context, put_and_count(*blobs_, i, done, failed), runtime::asio::detached);
    std::thread runner([&context] { context.run(); });
    gate_.wait_for_arrival(1);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_EQ(done.load(), 0) << "nothing is acknowledged while its sync is under way";
    gate_.open();
    runner.join();
    EXPECT_EQ(done.load(), 40);
    EXPECT_EQ(failed.load(), 0);
    const auto after = blobs_->statistics();
    EXPECT_GT(after.group_size_max, 1U);
    // How many were waiting already depends on the machine; one group each would be 40.
    EXPECT_LT(after.groups - groups_before, 20U) << "those who waited shared one sync";
    EXPECT_EQ(after.records, 41U);
    EXPECT_EQ(after.group_sizes.count(), after.groups);
    EXPECT_EQ(after.group_sizes.sum, 41.0);
    EXPECT_EQ(after.commit_seconds.count(), 41U);
    EXPECT_GT(after.commit_seconds.sum, 39 * 0.05) << "nearly all waited for the sync that was held";
    EXPECT_EQ(after.segment_sync_seconds.count(), after.groups);
    EXPECT_EQ(after.segments_begun, 1U);
    EXPECT_EQ(after.file_sync_seconds.count(), 0U);
}

TEST_F(GroupCommitTest, TheQueueIsBounded) {
    auto settings = group_options();
    settings.queue_size_max = 5;
    open(settings);
    gate_.close();
    runtime::asio::io_context context(1);
    std::atomic<int> done{0};
    std::atomic<int> failed{0};
    for (int i = 0; i < 40; ++i)
        runtime::asio::co_spawn(context, put_and_count(*blobs_, i, done, failed), runtime::asio::detached);
    std::thread runner([&context] { context.run(); });
    gate_.wait_for_arrival(1);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    gate_.open();
    runner.join();
    EXPECT_GT(failed.load(), 0);
    EXPECT_EQ(done.load() + failed.load(), 40);
    const auto after = blobs_->statistics();
    EXPECT_EQ(after.queue_refused, static_cast<std::uint64_t>(failed.load()));
    EXPECT_EQ(after.queue_length_max, 5U);
    EXPECT_EQ(after.queue_length, 0U);
}

TEST_F(GroupCommitTest, AFailedSyncRetiresTheSegmentAndTheGroupGoesToAnother) {
    open(group_options());
    files_.fail(fault{.kind = call::sync_data, .nth = 1});
    const auto content = pattern(3, 9000);
    const auto made = put_now(*blobs_, owner_of("key"), content);
    ASSERT_TRUE(made);
    EXPECT_EQ(blobs_->statistics().files_retired, 1U);
    EXPECT_FALSE(files_.failed_sync_retried());
    EXPECT_EQ(get_now(*blobs_, *made).value(), content);
    blobs_.reset();
    const auto image = memory_.after_power_cut(1);
    EXPECT_TRUE(verify_ref("/store", *image, *made));
}

TEST_F(GroupCommitTest, TheLaxModesSyncLaterOrNever) {
    for (const auto mode : {durability::interval, durability::none}) {
        memory_file_system memory;
        faulty_file_system files(memory);
        auto settings = group_options();
        settings.mode = mode;
        settings.interval = std::chrono::milliseconds(20);
        auto opened = open_local(settings, pool_, files);
        ASSERT_TRUE(opened);
        const auto syncs = files.count(call::sync_all);
        const auto small = put_now(**opened, owner_of("small"), pattern(1, 3000));
        const auto large = put_now(**opened, owner_of("large"), pattern(2, 300'000));
        ASSERT_TRUE(small && large);
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        EXPECT_EQ(files.count(call::sync_all) > syncs, mode == durability::interval);
        if (mode == durability::interval) {
            const auto image = memory.after_power_cut(7);
            EXPECT_TRUE(verify_ref("/store", *image, *small));
            EXPECT_TRUE(verify_ref("/store", *image, *large));
        }
        ASSERT_TRUE((*opened)->close());
        const auto image = memory.after_power_cut(8);
        EXPECT_TRUE(verify_ref("/store", *image, *small)) << "a clean stop makes everything durable";
        EXPECT_TRUE(verify_ref("/store", *image, *large));
    }
}

}  // namespace
}  // namespace labstore::blob::testing
