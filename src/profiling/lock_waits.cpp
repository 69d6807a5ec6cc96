#include "profiling/lock_waits.hpp"

#include "profiling/stack_walk.hpp"

namespace labstore::profiling {
namespace {

constexpr std::size_t stacks_max = 4096;

/// The stack is taken before the wait, where it delays nobody else; only the addition is done under the lock.
class watcher final : public wait_observer {
  public:
    void about_to_wait() noexcept override { stack_ = walk_stack(room_, 1); }

    void waited(std::chrono::nanoseconds duration) noexcept override {
        waits_.add(stack_, 1, duration.count(), runtime::current_work());
    }

    [[nodiscard]] const stack_table& waits() const noexcept { return waits_; }

  private:
    static inline constinit thread_local stack_room room_{};
    static inline constinit thread_local std::span<void* const> stack_{};
    stack_table waits_{stacks_max};
};

std::atomic<watcher*> present{nullptr};

}  // namespace

void start_watching_locks() {
    auto* const made = new watcher;  // never destroyed: a wait may end after everything else
    present.store(made, std::memory_order_relaxed);
    observe_waits(made);
}

std::vector<raw_sample> lock_waits(std::uint64_t& lost) {
    const watcher* const made = present.load(std::memory_order_relaxed);
    if (made == nullptr)
        return {};
    lost = made->waits().lost();
    return made->waits().read();
}

}  // namespace labstore::profiling
