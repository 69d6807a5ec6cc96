#include "labstore/base/mutex.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace labstore {
namespace {

using namespace std::chrono_literals;

class counting_observer final : public wait_observer {
  public:
    void about_to_wait() noexcept override { ++begun; }

    void waited(std::chrono::nanoseconds duration) noexcept override {
        ++ended;
        longest = std::max(longest, duration);
    }

    int begun = 0;
    int ended = 0;
    std::chrono::nanoseconds longest{0};
};

/// Watches for the length of a test. Only one thread of these tests waits at a time.
class watch {
  public:
    explicit watch(counting_observer& by) { observe_waits(&by); }

    ~watch() { observe_waits(nullptr); }
};

/// Another thread holds `held` for `duration` while `wait` runs here.
template <typename Mutex, typename Wait>
void while_held(Mutex& held, std::chrono::milliseconds duration, Wait wait) {
    std::atomic<bool> taken{false};
    std::thread other([&] {
        const std::lock_guard lock(held);
        taken = true;
        std::this_thread::sleep_for(duration);
    });
    while (!taken)
        std::this_thread::yield();
    wait();
    other.join();
}

TEST(Mutex, TellsOfWaitsAndOnlyOfThem) {
    counting_observer seen;
    const watch watching(seen);
    mutex one;
    { const std::lock_guard lock(one); }
    EXPECT_EQ(seen.begun, 0) << "nobody held it";
    while_held(one, 30ms, [&one] { const std::lock_guard lock(one); });
    EXPECT_EQ(seen.begun, 1);
    EXPECT_EQ(seen.ended, 1);
    EXPECT_GE(seen.longest, 15ms);
}

TEST(Mutex, UnwatchedWaitsAreNobodysBusiness) {
    counting_observer seen;
    { const watch watching(seen); }
    mutex one;
    while_held(one, 5ms, [&one] { const std::lock_guard lock(one); });
    EXPECT_EQ(seen.begun, 0);
}

TEST(Mutex, SharedOnesTellOfReadersAndWriters) {
    counting_observer seen;
    const watch watching(seen);
    shared_mutex one;
    {
        const std::shared_lock first(one);
        const std::shared_lock second(one);
        EXPECT_FALSE(one.try_lock());
    }
    EXPECT_EQ(seen.begun, 0) << "readers do not wait for each other";
    while_held(one, 5ms, [&one] { const std::shared_lock lock(one); });
    EXPECT_EQ(seen.ended, 1);
    while_held(one, 5ms, [&one] { const std::unique_lock lock(one); });
    EXPECT_EQ(seen.ended, 2);
}

TEST(ConditionVariable, WaitsWithoutBeingContention) {
    counting_observer seen;
    const watch watching(seen);
    mutex one;
    condition_variable changed;
    bool ready = false;
    std::unique_lock lock(one);
    EXPECT_FALSE(changed.wait_for(lock, 5ms, [&ready] { return ready; }));
    EXPECT_TRUE(lock.owns_lock());
    std::thread other([&] {
        std::this_thread::sleep_for(10ms);
        {
            const std::lock_guard inner(one);
            ready = true;
        }
        changed.notify_all();
    });
    changed.wait(lock, [&ready] { return ready; });
    EXPECT_TRUE(lock.owns_lock());
    EXPECT_FALSE(one.try_lock());
    lock.unlock();
    other.join();
    EXPECT_EQ(seen.begun, 0);
}

}  // namespace
}  // namespace labstore
