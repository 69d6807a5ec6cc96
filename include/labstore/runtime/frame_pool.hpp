// Where the frames of coroutines get their memory. A request is some thirty coroutines, each of which Asio would take from
// the allocator: its own store keeps two blocks of at most 1 KiB a thread, and most of our frames are larger. Here each
// thread keeps the memory of frames that ended, by size, for its next ones, up to a limit.
//
// Every file that defines a coroutine must have seen this header before, or its frames go by the way of Asio;
// labstore/runtime.hpp includes it.
#pragma once

#include <boost/asio/detail/thread_info_base.hpp>

#include <cstddef>
#include <cstdint>

namespace labstore::runtime {

/// What one thread keeps at most when nobody says otherwise: the frames of some 500 requests at once.
inline constexpr std::uint64_t frame_pool_bytes_max_default = 4ULL * 1024 * 1024;

/// Of each thread of the process; 0 keeps nothing. What is kept above it goes as frames end. Thread-safe.
void set_frame_pool_bytes_max(std::uint64_t bytes) noexcept;

[[nodiscard]] std::uint64_t frame_pool_bytes_max() noexcept;

/// As frames get their memory. `size` is that of the block that is given back. The block may end on another thread, which
/// then keeps it.
[[nodiscard]] void* take_pooled(std::size_t size);
void give_back_pooled(void* memory, std::size_t size) noexcept;

/// For what lives and ends with a frame on the frame's thread.
struct pooled {
    static void* operator new(std::size_t size) { return take_pooled(size); }

    static void operator delete(void* memory, std::size_t size) noexcept { give_back_pooled(memory, size); }
};

struct frame_pool_figures {
    std::uint64_t reused = 0;      // frames that got memory of an earlier one
    std::uint64_t made = 0;        // frames that the allocator was asked for
    std::uint64_t idle_bytes = 0;  // kept, of all threads
};

/// Since the process began; takes a lock. Thread-safe.
[[nodiscard]] frame_pool_figures frame_pool();

}  // namespace labstore::runtime

namespace boost::asio::detail {

template <>
void* thread_info_base::allocate<thread_info_base::awaitable_frame_tag>(
    awaitable_frame_tag purpose, thread_info_base* thread, std::size_t size, std::size_t alignment
);

template <>
void thread_info_base::deallocate<thread_info_base::awaitable_frame_tag>(
    awaitable_frame_tag purpose, thread_info_base* thread, void* memory, std::size_t size
);

}  // namespace boost::asio::detail
