#include "blob/segment_committer.hpp"

#include <pthread.h>

namespace labstore::blob {

segment_committer::segment_committer(engine& host, segment_supply& supply)
    : host_(host),
      appender_(host, supply, segment_purpose::requests),
      queue_size_max_(host.settings.queue_size_max) {
    thread_ = std::thread([this] { commit_loop(); });
    ::pthread_setname_np(thread_.native_handle(), "blob-commit");
}

segment_committer::~segment_committer() {
    stop();
}

awaitable<result<ref>> segment_committer::commit(record_draft& draft) {
    const auto since = std::chrono::steady_clock::now();
    auto start = [this, &draft, since](runtime::resumer<result<ref>> wake) {
        errc refused = errc::ok;
        {
            const std::lock_guard lock(mutex_);
            if (stopping_)
                refused = errc::cancelled;
            else if (queue_.size() >= queue_size_max_)
                refused = errc::busy;
            else
                queue_.push_back({&draft, since, std::move(wake)});
        }
        if (refused == errc::busy)
            host_.counts.queue_refused.fetch_add(1, std::memory_order_relaxed);
        if (refused == errc::ok)
            wake_.notify_one();
        else
            wake(make_error_code(refused));
    };
    auto outcome = co_await runtime::suspend<result<ref>>(start);
    co_return outcome;
}

void segment_committer::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable())
        thread_.join();
}

std::size_t segment_committer::queued() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
}

void segment_committer::commit_loop() {
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (queue_.empty())
            break;
        auto group = std::exchange(queue_, {});
        lock.unlock();
        commit_group(std::move(group));
        lock.lock();
    }
    lock.unlock();
    appender_.seal();
}

void segment_committer::commit_group(std::vector<waiting> group) {
    std::vector<record_draft*> drafts;
    drafts.reserve(group.size());
    for (const auto& entry : group)
        drafts.push_back(entry.draft);
    // Records settle in the order they were given. A draft is gone as soon as its coroutine was woken.
    std::size_t settled = 0;
    const auto done = [&](record_draft& draft) {
        auto& entry = group[settled++];
        LABSTORE_ASSERT(entry.draft == &draft);
        host_.counts.commit_seconds.observe(std::chrono::steady_clock::now() - entry.since);
        auto outcome = std::move(draft.outcome);
        entry.wake(std::move(outcome));
    };
    appender_.append(drafts, done);
}

}  // namespace labstore::blob
