#include "s3/md5_station.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

namespace labstore::s3 {

md5_station::md5_station(crypto::md5_width width) : width_(width), thread_([this] { work_loop(); }) {
    ::pthread_setname_np(thread_.native_handle(), "md5");
}

/// Where processors are idle this thread begins at once; where they are not, bodies come together while it waits its
/// turn, and hashing them together costs less of what is short.
void md5_station::give_way() noexcept {
    constexpr int nice = 10;
    static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), nice));
}

md5_station::~md5_station() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

hashing_figures md5_station::statistics() const noexcept {
    return {
        jobs_.load(std::memory_order_relaxed),
        runs_.load(std::memory_order_relaxed),
        lanes_.load(std::memory_order_relaxed)};
}

void md5_station::submit(body_md5& body) {
    bool asleep = false;
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back(&body);
        asleep = std::exchange(asleep_, false);
    }
    if (asleep)
        wake_.notify_one();
}

void md5_station::work_loop() {
    give_way();
    crypto::md5_lanes lanes(width_);
    std::unique_lock lock(mutex_);
    while (true) {
        if (lanes.empty()) {
            asleep_ = queue_.empty() && !stopping_;
            wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
            asleep_ = false;
            if (queue_.empty())
                return;
        }
        while (!queue_.empty() && !lanes.full()) {
            lanes.add(queue_.front()->piece_);
            queue_.pop_front();
            jobs_.fetch_add(1, std::memory_order_relaxed);
        }
        lock.unlock();
        runs_.fetch_add(1, std::memory_order_relaxed);
        lanes_.fetch_add(lanes.size(), std::memory_order_relaxed);
        for (auto* job : lanes.run())
            static_cast<body_md5::piece*>(job)->owner->finished();
        lock.lock();
    }
}

body_md5::~body_md5() {
    while (busy())
        std::this_thread::yield();
}

void body_md5::begin(byte_span bytes) {
    LABSTORE_ASSERT(!busy());
    if (!station_.worth_a_hop(bytes.size())) {
        sum_.update(bytes);
        return;
    }
    piece_.sum = &sum_;
    piece_.bytes = bytes;
    piece_.owner = this;
    state_.store(state::running);
    station_.submit(*this);
}

runtime::awaitable<void> body_md5::wait() {
    if (!busy())
        co_return;
    auto start = [this](runtime::resumer<bool> wake) {
        waiter_.emplace(std::move(wake));
        auto expected = state::running;
        if (!state_.compare_exchange_strong(expected, state::awaited)) {
            auto over = std::exchange(waiter_, std::nullopt);
            (*over)(true);
        }
    };
    static_cast<void>(co_await runtime::suspend<bool>(start));
}

/// From here on the coroutine may end and take this object along, so nothing of it is touched after the last step.
void body_md5::finished() {
    auto expected = state::running;
    if (state_.compare_exchange_strong(expected, state::idle))
        return;
    auto waiter = std::exchange(waiter_, std::nullopt);
    state_.store(state::idle);
    (*waiter)(true);
}

crypto::md5_digest body_md5::finish() noexcept {
    LABSTORE_ASSERT(!busy());
    return sum_.finish();
}

}  // namespace labstore::s3
