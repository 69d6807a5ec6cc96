#include "labstore/runtime.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <future>

namespace labstore::runtime {
namespace {

awaitable<void> add_on_pool(
    blocking_pool& pool, int& sum, std::thread::id& worked_on, std::thread::id& resumed_on
) {
    auto work = [&]() -> result<int> {
        worked_on = std::this_thread::get_id();
        return 42;
    };
    auto value = co_await pool.run(work);
    resumed_on = std::this_thread::get_id();
    sum += value.value();
}

TEST(BlockingPool, RunsElsewhereAndResumesOnTheCallersExecutor) {
    asio::io_context context;
    blocking_pool pool({.threads = 2, .queue_size_max = 8}
    );  // ends first: its last wake-up may still be under way
    int sum = 0;
    std::thread::id worked_on;
    std::thread::id resumed_on;
    for (int i = 0; i < 3; ++i)
        asio::co_spawn(context, add_on_pool(pool, sum, worked_on, resumed_on), asio::detached);
    context.run();
    EXPECT_EQ(sum, 126);
    EXPECT_EQ(resumed_on, std::this_thread::get_id());
    EXPECT_NE(worked_on, std::this_thread::get_id());
}

awaitable<void> expect_busy(blocking_pool& pool, errc& seen) {
    auto work = []() -> result<int> {
        return 1;
    };
    auto value = co_await pool.run(work);
    seen = value ? errc::ok : to_errc(value.error());
}

TEST(BlockingPool, AnswersBusyPastItsQueueAndAfterStop) {
    blocking_pool pool({.threads = 1, .queue_size_max = 1});
    std::promise<void> started;
    std::promise<void> release;
    ASSERT_TRUE(pool.submit([&] {
        started.set_value();
        release.get_future().wait();
    }));
    started.get_future().wait();
    ASSERT_TRUE(pool.submit([] {}));
    EXPECT_FALSE(pool.submit([] {}));
    asio::io_context context;
    errc seen = errc::ok;
    asio::co_spawn(context, expect_busy(pool, seen), asio::detached);
    context.run();
    EXPECT_EQ(seen, errc::busy);
    const auto full = pool.statistics();
    EXPECT_EQ(full.queued, 1U);
    EXPECT_EQ(full.running, 1U);
    EXPECT_EQ(full.finished, 0U);
    EXPECT_EQ(full.refused, 2U);
    release.set_value();
    pool.stop();
    EXPECT_FALSE(pool.submit([] {}));
    const auto ended = pool.statistics();
    EXPECT_EQ(ended.queued + ended.running, 0U);
    EXPECT_EQ(ended.finished, 2U);
    EXPECT_EQ(ended.refused, 3U);
}

}  // namespace
}  // namespace labstore::runtime
