#pragma once

#include <atomic>
#include <cstring>
#include <string_view>
#include <utility>

namespace labstore::runtime {

/// What profiles call the work for one request. A coroutine's stack names only the function that was resumed,
/// so the operation it runs for travels beside it: the thread that works for a request points at its label
/// (`current_work`), and a sampler that interrupts the thread reads it there. Costs two stores where a
/// coroutine waits, whether somebody samples or not. Written on the request's own thread; read there by
/// signal handlers, and on a pool thread while the request waits for it.
class work_label {
  public:
    static constexpr std::size_t bucket_size_max = 63;

    /// `operation` is static: it outlives every profile. A longer bucket name is cut.
    void set(const std::string_view& operation, std::string_view bucket) noexcept {
        clear();
        bucket = bucket.substr(0, bucket_size_max);
        std::memcpy(bucket_, bucket.data(), bucket.size());
        bucket_[bucket.size()] = '\0';
        // A handler on this thread sees the operation only with the bucket that belongs to it.
        std::atomic_signal_fence(std::memory_order_release);
        operation_ = &operation;
    }

    void set(const std::string_view&& operation, std::string_view bucket) = delete;

    void clear() noexcept {
        operation_ = nullptr;
        std::atomic_signal_fence(std::memory_order_release);
    }

    /// Null until the operation is known.
    [[nodiscard]] const std::string_view* operation() const noexcept { return operation_; }

    /// Ends with a NUL; empty when the operation has no bucket.
    [[nodiscard]] const char* bucket() const noexcept { return bucket_; }

  private:
    const std::string_view* operation_ = nullptr;
    char bucket_[bucket_size_max + 1] = {};
};

namespace detail {
inline constinit thread_local const work_label* present_work = nullptr;
}  // namespace detail

/// What this thread works for; null when for no request. Safe in a signal handler.
[[nodiscard]] inline const work_label* current_work() noexcept {
    return detail::present_work;
}

/// The label outlives the work, or `nullptr` ends it.
inline void set_current_work(const work_label* label) noexcept {
    detail::present_work = label;
}

/// Around an await: the thread works for others meanwhile. Not a scope: a coroutine that is destroyed while
/// it waits must not leave its label behind.
///     work_pause pause;
///     co_await something;
///     pause.end();
class work_pause {
  public:
    work_pause() noexcept : label_(std::exchange(detail::present_work, nullptr)) {}

    work_pause(const work_pause&) = delete;
    work_pause& operator=(const work_pause&) = delete;

    void end() noexcept { detail::present_work = label_; }

  private:
    const work_label* label_;
};

/// Runs `work` under a label that may be gone as soon as somebody hears that it is done.
template <typename Work>
auto run_labelled(const work_label* label, Work& work) {
    set_current_work(label);
    auto value = work();
    set_current_work(nullptr);
    return value;
}

}  // namespace labstore::runtime
