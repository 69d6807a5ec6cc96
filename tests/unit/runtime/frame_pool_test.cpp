#include "labstore/runtime.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace labstore::runtime {
namespace {

/// Sets the limit for one test. Each works on a thread of its own, whose pool is empty.
class FramePool : public ::testing::Test {
  protected:
    ~FramePool() override { set_frame_pool_bytes_max(usual_); }

    template <typename Work>
    static void on_new_thread(Work work) {
        std::thread(work).join();
    }

  private:
    const std::uint64_t usual_ = frame_pool_bytes_max();
};

frame_pool_figures since(const frame_pool_figures& before) {
    const auto now = frame_pool();
    return {now.reused - before.reused, now.made - before.made, now.idle_bytes - before.idle_bytes};
}

TEST_F(FramePool, GivesABlockOfTheSameSizeAgain) {
    set_frame_pool_bytes_max(1 * MiB);
    on_new_thread([] {
        const auto before = frame_pool();
        void* const first = take_pooled(1000);
        std::memset(first, 1, 1000);
        give_back_pooled(first, 1000);
        EXPECT_EQ(since(before).idle_bytes, 1024U);
        void* const again = take_pooled(1024);
        EXPECT_EQ(again, first);
        void* const other = take_pooled(961);
        EXPECT_NE(other, first);
        const auto found = since(before);
        EXPECT_EQ(found.reused, 1U);
        EXPECT_EQ(found.made, 2U);
        EXPECT_EQ(found.idle_bytes, 0U);
        give_back_pooled(again, 1024);
        give_back_pooled(other, 961);
    });
}

TEST_F(FramePool, BlocksAreAlignedAndDoNotOverlap) {
    set_frame_pool_bytes_max(64 * MiB);
    on_new_thread([] {
        for (int round = 0; round < 2; ++round) {
            std::vector<std::pair<char*, std::size_t>> blocks;
            for (std::size_t size = 1; size < 10'000; size += 37) {
                auto* const block = static_cast<char*>(take_pooled(size));
                EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % __STDCPP_DEFAULT_NEW_ALIGNMENT__, 0U);
                std::memset(block, static_cast<int>(size % 251), size);
                blocks.emplace_back(block, size);
            }
            for (const auto& [block, size] : blocks) {
                EXPECT_EQ(block[0], static_cast<char>(size % 251));
                EXPECT_EQ(block[size - 1], static_cast<char>(size % 251));
                give_back_pooled(block, size);
            }
        }
    });
}

TEST_F(FramePool, KeepsNoMoreThanItsLimit) {
    set_frame_pool_bytes_max(10 * KiB);
    on_new_thread([] {
        const auto before = frame_pool();
        std::vector<void*> blocks;
        for (int i = 0; i < 100; ++i)
            blocks.push_back(take_pooled(1 * KiB));
        for (void* const block : blocks)
            give_back_pooled(block, 1 * KiB);
        EXPECT_EQ(since(before).idle_bytes, 10 * KiB);
    });
}

TEST_F(FramePool, KeepsNothingWhenItMayNot) {
    set_frame_pool_bytes_max(0);
    on_new_thread([] {
        const auto before = frame_pool();
        for (int i = 0; i < 3; ++i)
            give_back_pooled(take_pooled(500), 500);
        const auto found = since(before);
        EXPECT_EQ(found.reused, 0U);
        EXPECT_EQ(found.made, 3U);
        EXPECT_EQ(found.idle_bytes, 0U);
    });
}

TEST_F(FramePool, AThreadThatEndsGivesEverythingBack) {
    set_frame_pool_bytes_max(1 * MiB);
    const auto before = frame_pool();
    on_new_thread([] { give_back_pooled(take_pooled(4000), 4000); });
    EXPECT_EQ(since(before).idle_bytes, 0U);
    EXPECT_EQ(since(before).made, 1U);
}

awaitable<int> depth_of(int levels) {
    if (levels == 0)
        co_return 0;
    auto below = depth_of(levels - 1);
    const auto reached = co_await std::move(below);
    co_return reached + 1;
}

awaitable<void> descend(int levels, int& reached) {
    auto task = depth_of(levels);
    reached = co_await std::move(task);
}

/// What it is for: the frames of coroutines are taken from it, and a second run finds all of the first one's.
TEST_F(FramePool, FramesOfCoroutinesComeFromIt) {
    set_frame_pool_bytes_max(1 * MiB);
    on_new_thread([] {
        const auto run = [] {
            const auto before = frame_pool();
            asio::io_context context(1);
            task_group tasks;
            int reached = 0;
            EXPECT_TRUE(tasks.spawn(context.get_executor(), descend(50, reached)));
            context.run();
            EXPECT_EQ(reached, 50);
            return since(before);
        };
        EXPECT_GE(run().made, 51U);
        const auto second = run();
        EXPECT_EQ(second.made, 0U);
        EXPECT_GE(second.reused, 51U);
    });
}

awaitable<void> work_often(blocking_pool& pool, int times, int& done) {
    for (int i = 0; i < times; ++i) {
        auto work = [i]() -> result<int> {
            return i;
        };
        auto running = pool.run(work);
        const auto got = co_await std::move(running);
        if (got && *got == i)
            ++done;
    }
}

/// The frame of blocking_pool::run holds what the pool's thread works with; it goes back only after that.
TEST_F(FramePool, WorkOnOtherThreadsLeavesTheMemoryOnThisOne) {
    set_frame_pool_bytes_max(1 * MiB);
    on_new_thread([] {
        asio::io_context context(1);
        blocking_pool pool({.threads = 2, .queue_size_max = 16}
        );  // ends first: its last wake-up may still be under way
        task_group tasks;
        constexpr int times = 2000;
        int done = 0;
        const auto before = frame_pool();
        EXPECT_TRUE(tasks.spawn(context.get_executor(), work_often(pool, times, done)));
        context.run();
        EXPECT_EQ(done, times);
        EXPECT_LT(since(before).made, 50U);
    });
}

}  // namespace
}  // namespace labstore::runtime
