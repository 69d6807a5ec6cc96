#include "labstore/base/mutex.hpp"

#include <atomic>

namespace labstore {
namespace {

std::atomic<wait_observer*> present_observer{nullptr};

template <typename Lock>
void wait_for(Lock lock) {
    auto* const watcher = present_observer.load(std::memory_order_acquire);
    if (watcher == nullptr) {
        lock();
        return;
    }
    const auto start = std::chrono::steady_clock::now();
    watcher->about_to_wait();
    lock();
    watcher->waited(std::chrono::steady_clock::now() - start);
}

}  // namespace

void observe_waits(wait_observer* watcher) noexcept {
    present_observer.store(watcher, std::memory_order_release);
}

void mutex::lock_contended() {
    wait_for([this] { native_.lock(); });
}

void shared_mutex::lock_contended() {
    wait_for([this] { native_.lock(); });
}

void shared_mutex::lock_shared_contended() {
    wait_for([this] { native_.lock_shared(); });
}

}  // namespace labstore
