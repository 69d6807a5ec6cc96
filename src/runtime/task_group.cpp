#include "labstore/runtime.hpp"

#include <boost/asio/co_spawn.hpp>

#include <cstdio>
#include <exception>

namespace labstore::runtime {

task_group::~task_group() {
    const std::lock_guard lock(mutex_);
    LABSTORE_ASSERT(running_ == 0);
}

bool task_group::spawn(asio::any_io_executor executor, awaitable<void> task) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_.load(std::memory_order_relaxed))
            return false;
        ++running_;
    }
    asio::co_spawn(executor, std::move(task), [this](std::exception_ptr failure) {
        if (failure) {
            try {
                std::rethrow_exception(failure);
            } catch (const std::exception& error) {
                std::fprintf(stderr, "labstore: a task ended by an exception: %s\n", error.what());
            } catch (...) {
                std::fprintf(stderr, "labstore: a task ended by an unknown exception\n");
            }
            LABSTORE_ASSERT(failure == nullptr);
        }
        finished();
    });
    return true;
}

void task_group::stop() noexcept {
    const std::lock_guard lock(mutex_);
    stopping_.store(true, std::memory_order_relaxed);
}

void task_group::wait() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return running_ == 0; });
}

bool task_group::wait_for(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    return idle_.wait_for(lock, limit, [this] { return running_ == 0; });
}

std::size_t task_group::running() const {
    const std::lock_guard lock(mutex_);
    return running_;
}

void task_group::finished() {
    // Notified under the lock: the group may be destroyed as soon as a waiter sees zero.
    const std::lock_guard lock(mutex_);
    --running_;
    idle_.notify_all();
}

}  // namespace labstore::runtime
