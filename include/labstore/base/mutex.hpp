#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>

/// The mutexes of this tree: those of the standard library, but somebody may watch who waits for them. While
/// nobody does, an uncontended `lock` is one try_lock, and a contended one a relaxed load more than without.
namespace labstore {

/// Hears of every wait for a mutex below, on the thread that waits. Takes none of them itself.
class wait_observer {
  public:
    virtual ~wait_observer() = default;
    /// The mutex is somebody else's; the wait begins after this returns. The place to look at the stack: it
    /// holds nobody up.
    virtual void about_to_wait() noexcept = 0;
    /// The mutex is ours now, so be quick. `duration` is counted from before `about_to_wait`.
    virtual void waited(std::chrono::nanoseconds duration) noexcept = 0;
};

/// From now on `watcher` hears of waits; null: nobody. Thread-safe. A watcher is never destroyed: waits that
/// began before may still tell it.
void observe_waits(wait_observer* watcher) noexcept;

/// std::mutex, watched. No more than its size.
class mutex {
  public:
    void lock() {
        if (!native_.try_lock())
            lock_contended();
    }

    [[nodiscard]] bool try_lock() { return native_.try_lock(); }

    void unlock() { native_.unlock(); }

    [[nodiscard]] std::mutex& native() noexcept { return native_; }

  private:
    void lock_contended();

    std::mutex native_;
};

/// std::shared_mutex, watched.
class shared_mutex {
  public:
    void lock() {
        if (!native_.try_lock())
            lock_contended();
    }

    [[nodiscard]] bool try_lock() { return native_.try_lock(); }

    void unlock() { native_.unlock(); }

    void lock_shared() {
        if (!native_.try_lock_shared())
            lock_shared_contended();
    }

    [[nodiscard]] bool try_lock_shared() { return native_.try_lock_shared(); }

    void unlock_shared() { native_.unlock_shared(); }

  private:
    void lock_contended();
    void lock_shared_contended();

    std::shared_mutex native_;
};

/// std::condition_variable for `mutex`. Waiting for a condition is no contention and not reported, nor is
/// taking the mutex back after it.
class condition_variable {
  public:
    void notify_one() noexcept { native_.notify_one(); }

    void notify_all() noexcept { native_.notify_all(); }

    /// `ready` must not throw.
    template <typename Ready>
    void wait(std::unique_lock<mutex>& lock, Ready ready) {
        std::unique_lock native(lock.mutex()->native(), std::adopt_lock);
        native_.wait(native, ready);
        native.release();
    }

    template <typename Duration, typename Ready>
    bool wait_for(std::unique_lock<mutex>& lock, Duration limit, Ready ready) {
        std::unique_lock native(lock.mutex()->native(), std::adopt_lock);
        const bool held = native_.wait_for(native, limit, ready);
        native.release();
        return held;
    }

  private:
    std::condition_variable native_;
};

}  // namespace labstore
