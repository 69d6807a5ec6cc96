#include "labstore/runtime.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace labstore::runtime {
namespace {

constexpr std::string_view get_object = "GetObject";
constexpr std::string_view put_object = "PutObject";

TEST(WorkLabel, CarriesAnOperationAndABucket) {
    work_label label;
    EXPECT_EQ(label.operation(), nullptr);
    label.set(get_object, "photos");
    ASSERT_NE(label.operation(), nullptr);
    EXPECT_EQ(*label.operation(), "GetObject");
    EXPECT_STREQ(label.bucket(), "photos");
    label.set(put_object, std::string(200, 'b'));
    EXPECT_EQ(std::string_view(label.bucket()), std::string(work_label::bucket_size_max, 'b'));
    label.set(put_object, "");
    EXPECT_STREQ(label.bucket(), "");
    label.clear();
    EXPECT_EQ(label.operation(), nullptr);
}

const std::string_view* present_operation() {
    return current_work() != nullptr ? current_work()->operation() : nullptr;
}

/// Works under a label, with waits on a pool and a timer between.
awaitable<void> work_for(
    const std::string_view& operation, blocking_pool& pool, const task_group& running, int& right
) {
    work_label label;
    label.set(operation, "bucket");
    set_current_work(&label);
    for (int round = 0; round < 3; ++round) {
        auto look = [&operation]() -> result<int> {
            return present_operation() == &operation ? 1 : 0;
        };
        auto looking = pool.run(look);
        const auto seen_on_pool = co_await std::move(looking);
        if (seen_on_pool && *seen_on_pool == 1 && present_operation() == &operation)
            ++right;
        auto sleeping = sleep_for(std::chrono::milliseconds(3), running);
        const auto slept = co_await std::move(sleeping);
        if (slept && present_operation() == &operation)
            ++right;
    }
    set_current_work(nullptr);
}

awaitable<void> expect_no_label(const task_group& running, int& wrong) {
    for (int round = 0; round < 20; ++round) {
        if (current_work() != nullptr)
            ++wrong;
        auto sleeping = sleep_for(std::chrono::milliseconds(1), running);
        const auto slept = co_await std::move(sleeping);
        static_cast<void>(slept);
    }
}

TEST(WorkLabel, StaysWithItsCoroutineAcrossWaitsAndThreads) {
    blocking_pool pool({.threads = 2, .queue_size_max = 8});
    task_group running;
    asio::io_context context;
    int right = 0;
    int wrong = 0;
    asio::co_spawn(context, work_for(get_object, pool, running, right), asio::detached);
    asio::co_spawn(context, work_for(put_object, pool, running, right), asio::detached);
    asio::co_spawn(context, expect_no_label(running, wrong), asio::detached);
    context.run();
    EXPECT_EQ(right, 12);
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(current_work(), nullptr);
    auto look = []() -> bool {
        return current_work() == nullptr;
    };
    std::atomic<bool> clean{false};
    ASSERT_TRUE(pool.submit([&] { clean = look(); }));
    pool.stop();
    EXPECT_TRUE(clean) << "a pool thread kept a label";
}

}  // namespace
}  // namespace labstore::runtime
