// Job:          where work runs and how it ends: I/O threads, the blocking pool, task groups, named limits,
//               deadlines.
// In a request: its coroutine lives on one I/O thread; what may wait for the disk goes through
//               `blocking_pool`.
// May use:      base, observability; Asio's core.
// Threads:      stated per class.
// Failure:      `busy` past a limit, `cancelled` after stop, `timed_out` past a deadline.
#pragma once

#include "labstore/base.hpp"
#include "labstore/runtime/frame_pool.hpp"
#include "labstore/runtime/limit.hpp"
#include "labstore/runtime/work_label.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace labstore::runtime {

namespace asio = boost::asio;

template <typename T = void>
using awaitable = asio::awaitable<T>;

/// Travels with a request down to blob and meta. Lives in the request's coroutine; referenced below it.
struct op_context {
    std::string request_id;
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    work_label label;  // what profiles call the work for it

    [[nodiscard]] bool expired() const noexcept { return std::chrono::steady_clock::now() >= deadline; }
};

/// Wakes one suspended coroutine with a value, from any thread, exactly once. Made by `suspend`.
/// Dropping it without a call would leave the coroutine waiting for ever: that is our bug and asserted.
template <typename T>
class resumer {
  public:
    struct shared_base : pooled {
        virtual ~shared_base() = default;
        /// Ends the object, on the thread of the coroutine.
        virtual void resume(T value) = 0;
    };

    explicit resumer(std::unique_ptr<shared_base> target) : target_(std::move(target)) {}

    resumer(resumer&&) noexcept = default;
    resumer& operator=(resumer&&) noexcept = default;

    ~resumer() { LABSTORE_ASSERT(target_ == nullptr); }

    void operator()(T value) { target_.release()->resume(std::move(value)); }

  private:
    std::unique_ptr<shared_base> target_;
};

/// Suspends the calling coroutine, hands `start` a resumer, and continues on the caller's own executor with
/// the value that the resumer was called with. `start` is a callable taking `resumer<T>`; it may resume at
/// once. The thread's work label stays with the coroutine.
///     auto value = co_await suspend<result<int>>([&](resumer<result<int>> wake) {
///     queue.push(std::move(wake)); });
template <typename T, typename Start>
awaitable<T> suspend(Start start) {
    auto initiate = [&start](auto handler) {
        using handler_type = decltype(handler);

        struct target final : resumer<T>::shared_base {
            handler_type handler;
            asio::executor_work_guard<asio::associated_executor_t<handler_type>> work;
            std::optional<T> result;

            explicit target(handler_type h)
                : handler(std::move(h)),
                  work(asio::make_work_guard(asio::get_associated_executor(handler))) {}

            void resume(T value) override {
                result.emplace(std::move(value));
                const auto executor = work.get_executor();
                asio::post(executor, [self = std::unique_ptr<target>(this)]() mutable {
                    auto woken = std::move(self->handler);
                    auto given = std::move(*self->result);
                    self.reset();
                    std::move(woken)(std::move(given));
                });
            }
        };

        start(resumer<T>(std::make_unique<target>(std::move(handler))));
    };
    work_pause pause;
    auto value =
        co_await asio::async_initiate<const asio::use_awaitable_t<>, void(T)>(initiate, asio::use_awaitable);
    pause.end();
    co_return value;
}

/// Threads for work that may wait for the disk. The queue is bounded by `queue_size_max`; past it `run`
/// answers busy. `stop` finishes what is queued. Thread-safe.
class blocking_pool {
  public:
    struct options {
        std::size_t threads = 16;
        std::size_t queue_size_max = 4096;
    };

    explicit blocking_pool(options settings);
    ~blocking_pool();

    /// Runs `work` (a callable returning result<T>) on a pool thread, under the caller's work label, and
    /// continues on the caller's executor.
    template <typename Work>
    awaitable<std::invoke_result_t<Work>> run(Work work) {
        using value_type = std::invoke_result_t<Work>;
        // In the frame of this coroutine, which ends no sooner than it is resumed.
        std::optional<resumer<value_type>> waiting;
        auto job = [&waiting, &work, label = current_work()] {
            auto value = run_labelled(label, work);
            auto wake = std::move(*waiting);
            wake(std::move(value));
        };
        auto start = [this, &waiting, &job](resumer<value_type> wake) {
            waiting.emplace(std::move(wake));
            if (!submit([&job] { job(); }))
                (*waiting)(value_type(make_error_code(errc::busy)));
        };
        co_return co_await suspend<value_type>(start);
    }

    /// False when the queue is full or the pool has stopped; the job is then not run.
    [[nodiscard]] bool submit(std::function<void()> job);
    void stop();

    struct stats {
        std::size_t queued = 0;      // jobs that wait for a thread
        std::size_t running = 0;     // threads at work
        std::uint64_t finished = 0;  // jobs
        std::uint64_t refused = 0;   // jobs that found the queue full, or the pool stopped
    };

    [[nodiscard]] stats statistics() const;

    [[nodiscard]] const options& settings() const noexcept { return settings_; }

  private:
    void work_loop();

    const options settings_;
    mutable labstore::mutex mutex_;
    labstore::condition_variable wake_;
    std::deque<std::function<void()>> queue_;
    stats counts_;  // but for `queued`
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

/// One io_context per thread. A connection and its coroutines live and die on one of them. `stop` ends the
/// loops after their handlers; `join` waits.
class io_threads {
  public:
    explicit io_threads(std::size_t count);
    ~io_threads();

    [[nodiscard]] std::size_t size() const noexcept { return contexts_.size(); }

    [[nodiscard]] asio::io_context& context(std::size_t index) { return *contexts_[index]; }

    void start();
    void stop();
    void join();

  private:
    using guard = asio::executor_work_guard<asio::io_context::executor_type>;

    std::vector<std::unique_ptr<asio::io_context>> contexts_;
    std::vector<guard> guards_;
    std::vector<std::thread> threads_;
};

/// Owns coroutines: refuses new ones after `stop`, and `wait` blocks (a plain thread) until all have ended.
/// Every co_spawn of the tree goes through one; declare it as its owner's last member. Thread-safe. An
/// exception that leaves a task ends the process through LABSTORE_ASSERT after being printed: tasks handle
/// their own failures.
class task_group {
  public:
    task_group() = default;
    ~task_group();

    /// False after `stop`; the task is then dropped without having run.
    bool spawn(asio::any_io_executor executor, awaitable<void> task);
    void stop() noexcept;

    [[nodiscard]] bool stopping() const noexcept { return stopping_.load(std::memory_order_relaxed); }

    void wait();
    /// False when tasks were still running after `limit`.
    [[nodiscard]] bool wait_for(std::chrono::milliseconds limit);

    [[nodiscard]] std::size_t running() const;

  private:
    void finished();

    mutable labstore::mutex mutex_;
    labstore::condition_variable idle_;
    std::size_t running_ = 0;
    std::atomic<bool> stopping_{false};
};

/// Sleeps on the caller's executor; ends early with `cancelled` when `group` stops (looked at every 100 ms).
awaitable<result<void>> sleep_for(std::chrono::milliseconds duration, const task_group& group);

}  // namespace labstore::runtime
