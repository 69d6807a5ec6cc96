#include "labstore/profiling.hpp"
#include "labstore/runtime/work_label.hpp"

#include <gtest/gtest.h>

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <future>
#include <thread>

namespace labstore::profiling {
namespace {

constexpr std::string_view get_object = "GetObject";

std::string joined(const thread_state& one) {
    std::string text;
    for (const std::string& frame : one.stack)
        text += frame + "\n";
    return text;
}

const thread_state* named(const std::vector<thread_state>& all, std::string_view name) {
    const auto found = std::ranges::find(all, name, &thread_state::name);
    return found == all.end() ? nullptr : &*found;
}

[[gnu::noinline]] void wait_in_a_named_function(std::shared_future<void> end) {
    end.wait();
    asm volatile("" ::: "memory");
}

/// A thread that waits under a name, and ends with the object.
class waiting_thread {
  public:
    waiting_thread(const char* name, bool deaf, const runtime::work_label* label) {
        std::promise<void> ready;
        thread_ = std::thread([&ready, this, name, deaf, label] {
            ::pthread_setname_np(::pthread_self(), name);
            if (deaf) {
                sigset_t all;
                ::sigfillset(&all);
                ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
            }
            runtime::set_current_work(label);
            ready.set_value();
            wait_in_a_named_function(end_.get_future().share());
            runtime::set_current_work(nullptr);
        });
        ready.get_future().wait();
        // It may still be on its way into the wait.
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }

    ~waiting_thread() {
        end_.set_value();
        thread_.join();
    }

  private:
    std::promise<void> end_;
    std::thread thread_;
};

TEST(LookAtThreads, SaysWhatEachDoes) {
    runtime::work_label label;
    label.set(get_object, "photos");
    const waiting_thread sleeper("sleeper", false, &label);
    const auto all = look_at_threads();
    const thread_state* const seen = named(all, "sleeper");
    ASSERT_NE(seen, nullptr);
    EXPECT_EQ(seen->state, 'S');
    EXPECT_EQ(seen->operation, "GetObject");
    EXPECT_NE(joined(*seen).find("profiling::wait_in_a_named_function"), std::string::npos) << joined(*seen);
    const thread_state* const self = named(all, "profiling_test");
    ASSERT_NE(self, nullptr);
    EXPECT_EQ(self->operation, "");
    EXPECT_NE(joined(*self).find("look_at_threads"), std::string::npos) << joined(*self);
    EXPECT_TRUE(std::ranges::is_sorted(all, {}, &thread_state::id));
}

TEST(LookAtThreads, OneThatHearsNoSignalIsListedWithoutAStack) {
    const waiting_thread deaf("deaf", true, nullptr);
    const auto started = std::chrono::steady_clock::now();
    const auto all = look_at_threads();
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(10));
    const thread_state* const seen = named(all, "deaf");
    ASSERT_NE(seen, nullptr);
    EXPECT_TRUE(seen->stack.empty());
    // Its late answer must not be taken for that of another.
    EXPECT_FALSE(named(look_at_threads(), "profiling_test")->stack.empty());
}

}  // namespace
}  // namespace labstore::profiling
