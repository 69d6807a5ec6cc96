#pragma once

#include "labstore/profiling/profile.hpp"
#include "labstore/runtime/work_label.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <span>

namespace labstore::profiling {

/// Counts by stack and work label. All memory is reserved when it is made (the system gives it when it is first
/// written to), so that `add` may run in signal handlers and inside the allocator: it takes no lock but a flag
/// that it gives up on after a while, and never allocates. What finds no room is counted as lost.
class stack_table {
  public:
    static constexpr std::size_t depth_max = 64;

    explicit stack_table(std::size_t stacks_max);

    /// `stack` leaf first; what is deeper than `depth_max` is cut. Not to be interrupted by itself on one
    /// thread: the second call is lost then.
    void add(
        std::span<void* const> stack,
        std::int64_t count,
        std::int64_t amount,
        const runtime::work_label* label
    ) noexcept;

    /// Every stack with its two numbers. Beside `add`, at any time.
    [[nodiscard]] std::vector<raw_sample> read() const;

    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_.load(std::memory_order_relaxed); }

  private:
    struct entry {
        std::uint64_t hash;
        std::int64_t count;  // through atomic_ref, as amount
        std::int64_t amount;
        const std::string_view* operation;
        std::array<char, runtime::work_label::bucket_size_max + 1> bucket;
        std::uint32_t depth;
        std::array<void*, depth_max> frames;
    };

    struct release {
        void operator()(void* memory) const noexcept { std::free(memory); }
    };

    [[nodiscard]] bool take_turn() noexcept;
    [[nodiscard]] entry* find_or_make(
        std::span<void* const> stack, const std::string_view* operation, std::string_view bucket
    ) noexcept;

    const std::size_t stacks_max_;
    const std::size_t slots_;
    std::unique_ptr<entry[], release> entries_;
    std::unique_ptr<std::uint32_t[], release> index_;  // place in entries_ plus one, by hash
    std::atomic<std::size_t> size_{0};
    std::atomic<bool> busy_{false};
    std::atomic<std::uint64_t> lost_{0};
};

}  // namespace labstore::profiling
