#include "labstore/runtime/frame_pool.hpp"

#include "labstore/base.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace labstore::runtime {
namespace {

constexpr std::size_t step_bytes = 64;
/// Larger frames are rare and go to the allocator.
constexpr std::size_t pooled_bytes_max = 8 * KiB;

#if defined(__SANITIZE_ADDRESS__)
// Memory that is used again hides that it was used too long.
std::atomic<std::uint64_t> kept_bytes_max{0};
#else
std::atomic<std::uint64_t> kept_bytes_max{frame_pool_bytes_max_default};
#endif

struct free_block {
    free_block* next;
};

/// Of one thread; others only read the figures. Needs no destructor: frames may end after `keeper` has.
struct thread_frames {
    std::array<free_block*, pooled_bytes_max / step_bytes> idle{};
    std::atomic<std::uint64_t> idle_bytes{0};
    std::atomic<std::uint64_t> reused{0};
    std::atomic<std::uint64_t> made{0};
    bool known = false;
    bool closed = false;
};

struct registry {
    std::mutex mutex;
    std::vector<const thread_frames*> threads;
    frame_pool_figures ended;  // of threads that are no more
};

/// Never destroyed: threads may end after static objects.
registry& all_threads() {
    static auto* const made = new registry;
    return *made;
}

constinit thread_local thread_frames mine;

void add(std::atomic<std::uint64_t>& figure, std::uint64_t by) noexcept {
    // One writer: no need for a locked instruction.
    figure.store(figure.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

void add_figures(frame_pool_figures& sum, const thread_frames& thread) noexcept {
    sum.reused += thread.reused.load(std::memory_order_relaxed);
    sum.made += thread.made.load(std::memory_order_relaxed);
    sum.idle_bytes += thread.idle_bytes.load(std::memory_order_relaxed);
}

/// Gives the memory back when its thread ends.
struct keeper {
    keeper() {
        const std::lock_guard lock(all_threads().mutex);
        all_threads().threads.push_back(&mine);
    }

    ~keeper() {
        mine.closed = true;
        for (auto*& list : mine.idle)
            while (list != nullptr)
                ::operator delete(std::exchange(list, list->next));
        mine.idle_bytes.store(0, std::memory_order_relaxed);
        const std::lock_guard lock(all_threads().mutex);
        std::erase(all_threads().threads, &mine);
        add_figures(all_threads().ended, mine);
    }
};

void make_known() {
    static thread_local keeper kept;
    static_cast<void>(kept);
    mine.known = true;
}

std::size_t place_of(std::size_t size) noexcept {
    return (size - 1) / step_bytes;
}

}  // namespace

void set_frame_pool_bytes_max(std::uint64_t bytes) noexcept {
    kept_bytes_max.store(bytes, std::memory_order_relaxed);
}

std::uint64_t frame_pool_bytes_max() noexcept {
    return kept_bytes_max.load(std::memory_order_relaxed);
}

void* take_pooled(std::size_t size) {
    if (size > pooled_bytes_max)
        return ::operator new(size);
    auto*& list = mine.idle[place_of(size)];
    const auto rounded = (place_of(size) + 1) * step_bytes;
    if (list == nullptr) {
        if (!mine.known)
            make_known();
        add(mine.made, 1);
        return ::operator new(rounded);
    }
    add(mine.reused, 1);
    add(mine.idle_bytes, 0 - rounded);
    return std::exchange(list, list->next);
}

void give_back_pooled(void* memory, std::size_t size) noexcept {
    const auto rounded = (place_of(size) + 1) * step_bytes;
    const auto idle = mine.idle_bytes.load(std::memory_order_relaxed);
    if (size > pooled_bytes_max || mine.closed || idle + rounded > frame_pool_bytes_max()) {
        ::operator delete(memory);
        return;
    }
    // A thread may give back before it has taken anything.
    if (!mine.known)
        make_known();
    auto*& list = mine.idle[place_of(size)];
    list = new (memory) free_block{list};
    add(mine.idle_bytes, rounded);
}

frame_pool_figures frame_pool() {
    auto& all = all_threads();
    const std::lock_guard lock(all.mutex);
    auto sum = all.ended;
    for (const auto* each : all.threads)
        add_figures(sum, *each);
    return sum;
}

}  // namespace labstore::runtime

namespace boost::asio::detail {

template <>
void* thread_info_base::allocate<thread_info_base::awaitable_frame_tag>(
    awaitable_frame_tag, thread_info_base*, std::size_t size, std::size_t alignment
) {
    LABSTORE_ASSERT(alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
    return labstore::runtime::take_pooled(size);
}

template <>
void thread_info_base::deallocate<thread_info_base::awaitable_frame_tag>(
    awaitable_frame_tag, thread_info_base*, void* memory, std::size_t size
) {
    labstore::runtime::give_back_pooled(memory, size);
}

}  // namespace boost::asio::detail
