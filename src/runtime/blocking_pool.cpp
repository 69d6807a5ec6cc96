#include "labstore/runtime.hpp"

#include <pthread.h>

namespace labstore::runtime {

blocking_pool::blocking_pool(options settings) : settings_(settings) {
    LABSTORE_ASSERT(settings_.threads > 0);
    threads_.reserve(settings_.threads);
    for (std::size_t i = 0; i < settings_.threads; ++i) {
        threads_.emplace_back([this] { work_loop(); });
        ::pthread_setname_np(threads_.back().native_handle(), "blocking");
    }
}

blocking_pool::~blocking_pool() {
    stop();
}

bool blocking_pool::submit(std::function<void()> job) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_ || queue_.size() >= settings_.queue_size_max) {
            ++counts_.refused;
            return false;
        }
        queue_.push_back(std::move(job));
    }
    wake_.notify_one();
    return true;
}

void blocking_pool::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_)
        if (thread.joinable())
            thread.join();
}

blocking_pool::stats blocking_pool::statistics() const {
    const std::lock_guard lock(mutex_);
    auto now = counts_;
    now.queued = queue_.size();
    return now;
}

void blocking_pool::work_loop() {
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (queue_.empty())
            return;
        auto job = std::move(queue_.front());
        queue_.pop_front();
        ++counts_.running;
        lock.unlock();
        job();
        job = nullptr;
        lock.lock();
        --counts_.running;
        ++counts_.finished;
    }
}

}  // namespace labstore::runtime
