#include "support/blob/faulty_file_system.hpp"
#include "support/blob/store_fixture.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace labstore::blob::testing {
namespace {

options compact_options() {
    options settings;
    settings.path = "/store";
    settings.segment_size_bytes = 256 * KiB;
    settings.packed_size_bytes_max = 32 * KiB;
    settings.remove_delay = std::chrono::milliseconds(0);
    settings.compact_bytes_per_second = 1 * TiB;
    settings.reserve_bytes = 64 * KiB;
    return settings;
}

class CompactionTest : public ::testing::Test {
  protected:
    void open(const options& settings) {
        blobs_.reset();
        auto opened = open_local(settings, pool_, memory_);
        ASSERT_TRUE(opened);
        blobs_ = std::move(*opened);
    }

    void put(int number, std::size_t size) {
        const auto key = key_of(number);
        const auto made = put_now(*blobs_, owner_of(key), pattern(static_cast<std::uint64_t>(number), size));
        ASSERT_TRUE(made) << made.error().message();
        index_.set(key, *made);
    }

    void remove(int number) {
        const auto before = index_.erase(key_of(number));
        ASSERT_TRUE(before);
        ASSERT_TRUE(run(blobs_->remove({*before})));
    }

    static std::string key_of(int number) { return "key" + std::to_string(number); }

    void expect_readable(int number, std::size_t size) {
        const auto which = index_.find(key_of(number));
        ASSERT_TRUE(which);
        const auto got = get_now(*blobs_, *which);
        ASSERT_TRUE(got) << number << ": " << got.error().message();
        ASSERT_EQ(*got, pattern(static_cast<std::uint64_t>(number), size));
    }

    memory_file_system memory_;
    runtime::blocking_pool pool_{{.threads = 4, .queue_size_max = 256}};
    std::unique_ptr<store> blobs_;
    test_index index_;
};

TEST_F(CompactionTest, CopiesWhatIsLiveAndGivesTheRestBack) {
    open(compact_options());
    for (int i = 0; i < 300; ++i)
        put(i, 6000);
    const auto sealed = blobs_->statistics().segments_sealed;
    ASSERT_GE(sealed, 5U);
    std::vector<ref> moved;
    for (int i = 0; i < 300; ++i) {
        if (i % 3 != 0)
            remove(i);
        else
            moved.push_back(*index_.find(key_of(i)));
    }
    EXPECT_GT(blobs_->statistics().segment_bytes_dead, 150U * 6000);
    const auto report = maintain_all(*blobs_, index_);
    ASSERT_TRUE(report);
    EXPECT_GE(report->segments_compacted, sealed - 1);
    EXPECT_GE(report->segments_recycled, sealed - 1);
    EXPECT_GT(report->bytes_moved, 60U * 6000);
    const auto after = blobs_->statistics();
    EXPECT_LT(after.segments_sealed, sealed);
    EXPECT_EQ(after.segments_compacted, report->segments_compacted);
    EXPECT_EQ(after.compaction_written_bytes, report->bytes_moved);
    EXPECT_GT(after.compaction_read_bytes, 200U * 6000);
    EXPECT_GE(after.segments_begun, sealed);
    EXPECT_GE(after.segment_bytes, after.segment_bytes_live + after.segment_bytes_dead);
    int gone = 0;
    for (int i = 0; i < 300; i += 3) {
        expect_readable(i, 6000);
        const auto old = get_now(*blobs_, moved[static_cast<std::size_t>(i / 3)]);
        gone += old ? 0 : 1;
        if (!old) {
            EXPECT_EQ(old.error(), errc::no_such_key);
        }
    }
    EXPECT_GT(gone, 60);
}

TEST_F(CompactionTest, SpaceIsReusedAndAnOldRefNeverReadsAnotherBlob) {
    open(compact_options());
    std::vector<std::pair<ref, std::uint64_t>> past;
    for (int round = 0; round < 12; ++round) {
        for (int i = 0; i < 60; ++i) {
            put(round * 100 + i, 9000);
            past.emplace_back(*index_.find(key_of(round * 100 + i)), round * 100 + i);
        }
        for (int i = 0; i < 60; ++i)
            remove(round * 100 + i);
        ASSERT_TRUE(maintain_all(*blobs_, index_));
    }
    // 720 blobs of 9,000 bytes went through; without reuse they would take 25 segments.
    EXPECT_LT(memory_.used_bytes(), 16 * 256 * KiB);
    for (const auto& [which, number] : past) {
        const auto got = get_now(*blobs_, which);
        if (got) {
            ASSERT_EQ(*got, pattern(number, 9000));
        } else {
            ASSERT_EQ(got.error(), errc::no_such_key);
        }
    }
    EXPECT_EQ(blobs_->statistics().corrupt_reads, 0U);
}

TEST_F(CompactionTest, RemovedBytesStayForWhoJustLookedThemUp) {
    auto settings = compact_options();
    settings.remove_delay = std::chrono::hours(1);
    open(settings);
    std::vector<ref> past;
    for (int i = 0; i < 100; ++i) {
        put(i, 9000);
        past.push_back(*index_.find(key_of(i)));
        remove(i);
    }
    const auto report = maintain_all(*blobs_, index_);
    ASSERT_TRUE(report);
    EXPECT_GT(report->segments_compacted, 0U);
    EXPECT_EQ(report->segments_recycled, 0U);
    for (int i = 100; i < 200; ++i)
        put(i, 9000);
    for (std::size_t i = 0; i < past.size(); ++i)
        ASSERT_EQ(get_now(*blobs_, past[i]).value(), pattern(i, 9000));
}

TEST_F(CompactionTest, AReaderKeepsItsBytesFromBeingRecycled) {
    open(compact_options());
    put(0, 20'000);
    auto reading = run(blobs_->open(*index_.find(key_of(0))));
    ASSERT_TRUE(reading);
    remove(0);
    for (int i = 1; i < 200; ++i) {
        put(i, 9000);
        remove(i);
        if (i % 20 == 0) {
            ASSERT_TRUE(maintain_all(*blobs_, index_));
        }
    }
    const auto bytes = run((*reading)->read(0, 20'000));
    ASSERT_TRUE(bytes);
    EXPECT_EQ(as_text(*bytes), pattern(0, 20'000));
}

TEST_F(CompactionTest, ABlobOnItsWayIntoTheIndexIsNotTakenForGarbage) {
    open(compact_options());
    const auto on_its_way = put_now(*blobs_, owner_of("late"), pattern(5, 9000));
    ASSERT_TRUE(on_its_way);
    for (int i = 0; i < 100; ++i)
        put(i, 9000);
    for (int i = 0; i < 100; ++i)
        remove(i);
    ASSERT_TRUE(maintain_all(*blobs_, index_));
    for (int i = 100; i < 200; ++i)
        put(i, 9000);
    const auto got = get_now(*blobs_, *on_its_way);
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(*got, pattern(5, 9000));
}

TEST_F(CompactionTest, AfterAnUncleanStopItCountsAgainAndSweeps) {
    open(compact_options());
    for (int i = 0; i < 200; ++i)
        put(i, 6000);
    for (int i = 200; i < 206; ++i)
        put(i, 100'000);
    // The index forgets them, and the process ends before it could say so.
    for (int i = 0; i < 206; ++i) {
        if (i % 4 != 0) {
            ASSERT_TRUE(index_.erase(key_of(i)));
        }
    }
    blobs_.reset();
    open(compact_options());
    const auto report = maintain_all(*blobs_, index_);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->orphans_removed, 4U);
    EXPECT_GE(report->segments_compacted, 4U);
    for (int i = 0; i < 206; i += 4)
        expect_readable(i, i < 200 ? 6000 : 100'000);
    EXPECT_LT(blobs_->statistics().segment_bytes_dead, 30U * 6000);
    // And a clean stop keeps the accounts.
    const auto live = blobs_->statistics().segment_bytes_live;
    ASSERT_TRUE(blobs_->close());
    EXPECT_TRUE(memory_.open("/store/segments/usage", open_mode::read))
        << "recovery is complete, so the stop is clean";
    open(compact_options());
    EXPECT_FALSE(memory_.open("/store/segments/usage", open_mode::read)) << "the mark is gone while it runs";
    EXPECT_EQ(blobs_->statistics().segment_bytes_live, live);
    const auto again = maintain_all(*blobs_, index_);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->orphans_removed, 0U);
}

/// Gives up its first answers, as an index does when its own device fails.
class failing_index final : public referee {
  public:
    explicit failing_index(test_index& below) : below_(below) {}

    awaitable<result<bool>> is_live(const owner& whose, const ref& which) override {
        if (++calls_ % 5 == 0)
            co_return errc::busy;
        auto answer = co_await below_.is_live(whose, which);
        co_return answer;
    }

    awaitable<result<bool>> relocate(const owner& whose, const ref& from, const ref& to) override {
        ++calls_;
        auto answer = co_await below_.relocate(whose, from, to);
        // Applied, but the answer is lost.
        if (calls_ % 3 == 0)
            co_return errc::unknown;
        co_return answer;
    }

  private:
    test_index& below_;
    int calls_ = 0;
};

TEST_F(CompactionTest, AnIndexThatFailsLosesNothing) {
    open(compact_options());
    for (int i = 0; i < 150; ++i)
        put(i, 6000);
    for (int i = 0; i < 150; ++i)
        if (i % 3 != 0)
            remove(i);
    failing_index failing(index_);
    int failures = 0;
    for (int step = 0; step < 30; ++step)
        failures += run(blobs_->maintain(failing)) ? 0 : 1;
    EXPECT_GT(failures, 0);
    for (int i = 0; i < 150; i += 3)
        expect_readable(i, 6000);
    for (int i = 200; i < 260; ++i)
        put(i, 9000);
    for (int i = 0; i < 150; i += 3)
        expect_readable(i, 6000);
}

TEST_F(CompactionTest, ReadersAndWritersGoOnMeanwhile) {
    open(compact_options());
    constexpr int keys = 40;
    for (int i = 0; i < keys; ++i)
        put(i, 7000);
    std::atomic<bool> stop{false};
    std::atomic<int> reads{0};
    std::atomic<int> wrong{0};
    const auto read_loop = [&](int first) {
        for (int i = first; !stop.load(); i = (i + 1) % keys) {
            const auto which = index_.find(key_of(i));
            if (!which)
                continue;
            const auto got = get_now(*blobs_, *which);
            const bool moved = !got && got.error() == errc::no_such_key;
            if (!moved && (!got || got->substr(0, 8) != pattern(static_cast<std::uint64_t>(i), 8) ||
                           got->size() != 7000))
                ++wrong;
            ++reads;
        }
    };
    std::thread first(read_loop, 0);
    std::thread second(read_loop, keys / 2);
    for (int round = 0; round < 25; ++round) {
        for (int i = 0; i < keys; i += 2) {
            const auto before = index_.find(key_of(i));
            put(i, 7000);
            ASSERT_TRUE(run(blobs_->remove({*before})));
        }
        for (int step = 0; step < 10; ++step)
            ASSERT_TRUE(run(blobs_->maintain(index_)));
    }
    stop = true;
    first.join();
    second.join();
    EXPECT_EQ(wrong.load(), 0);
    EXPECT_GT(reads.load(), 100);
    for (int i = 0; i < keys; ++i)
        expect_readable(i, 7000);
}

TEST_F(CompactionTest, AFullDeviceIsEmptiedByRemovals) {
    memory_file_system small({.capacity_bytes = 4 * MiB});
    auto settings = compact_options();
    settings.segment_size_bytes = 128 * KiB;
    auto opened = open_local(settings, pool_, small);
    ASSERT_TRUE(opened);
    auto& blobs = **opened;
    for (int round = 0; round < 5; ++round) {
        int stored = 0;
        error_code ended;
        for (; stored < 2000 && !ended; ++stored) {
            const auto key = key_of(stored);
            const auto made =
                put_now(blobs, owner_of(key), pattern(static_cast<std::uint64_t>(stored), 5000));
            if (made)
                index_.set(key, *made);
            else
                ended = made.error();
        }
        EXPECT_EQ(ended, errc::full) << round;
        EXPECT_GT(stored, 550) << round << ": most of the device holds blobs";
        EXPECT_EQ(put_now(blobs, owner_of("large"), pattern(1, 300'000)).error(), errc::full);
        for (const auto& [key, which] : index_.all())
            ASSERT_TRUE(get_now(blobs, which)) << round;
        // Every fifth goes: too few for the ordinary threshold.
        for (int i = 0; i < stored; i += 5) {
            const auto gone = index_.erase(key_of(i));
            ASSERT_TRUE(!gone || run(blobs.remove({*gone})));
        }
        for (int step = 0; step < 200; ++step)
            ASSERT_TRUE(run(blobs.maintain(index_)));
        int again = 0;
        for (; again < 100; ++again) {
            const auto made = put_now(blobs, owner_of("again" + std::to_string(again)), pattern(1, 5000));
            if (!made)
                break;
            index_.set("again" + std::to_string(again), *made);
        }
        // A segment more or less depends on the moment.
        EXPECT_GT(again, stored / 5 / 4) << round << ": removals make room without a restart";
        for (const auto& [key, which] : index_.all())
            ASSERT_TRUE(run(blobs.remove({*index_.erase(key)})));
        ASSERT_TRUE(maintain_all(blobs, index_));
    }
    EXPECT_EQ(blobs.statistics().corrupt_reads, 0U);
}

}  // namespace
}  // namespace labstore::blob::testing
