#include "labstore/runtime.hpp"

#include <gtest/gtest.h>

namespace labstore::runtime {
namespace {

awaitable<void> sleeper(const task_group& group, errc& ended) {
    auto slept = co_await sleep_for(std::chrono::hours(1), group);
    ended = slept ? errc::ok : to_errc(slept.error());
}

TEST(TaskGroup, StopEndsSleepersRefusesNewTasksAndWaits) {
    io_threads threads(1);
    threads.start();
    errc ended = errc::ok;
    task_group group;
    ASSERT_TRUE(group.spawn(threads.context(0).get_executor(), sleeper(group, ended)));
    EXPECT_EQ(group.running(), 1U);
    EXPECT_FALSE(group.wait_for(std::chrono::milliseconds(10)));
    group.stop();
    EXPECT_FALSE(group.spawn(threads.context(0).get_executor(), sleeper(group, ended)));
    group.wait();
    EXPECT_EQ(ended, errc::cancelled);
    EXPECT_EQ(group.running(), 0U);
}

}  // namespace
}  // namespace labstore::runtime
