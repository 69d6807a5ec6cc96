#include "blob/buffer_pool.hpp"

#include <bit>
#include <new>

namespace labstore::blob {
namespace {

constexpr std::size_t page_size = 4096;

/// Pages up to 64 KiB, then eight steps per doubling: at most an eighth is wasted and few sizes exist.
std::size_t rounded_size(std::size_t size) noexcept {
    const std::size_t least = size < 1 ? 1 : size;
    const std::size_t step = least <= 64 * KiB ? page_size : std::bit_ceil(least) / 16;
    return (least + step - 1) / step * step;
}

void free_memory(std::byte* data) noexcept {
    ::operator delete(data, std::align_val_t(page_size));
}

}  // namespace

void buffer::release() noexcept {
    if (data_ != nullptr)
        owner_->give_back(data_, capacity_);
    data_ = nullptr;
    capacity_ = 0;
    holding_.release();
}

buffer_pool::~buffer_pool() {
    for (auto& [size, list] : idle_)
        for (auto* data : list)
            free_memory(data);
}

result<buffer> buffer_pool::take(std::size_t size_bytes) {
    buffer out;
    const auto capacity = rounded_size(size_bytes);
    auto holding = limit_.take(capacity);
    if (!holding)
        return holding.error();
    {
        const std::lock_guard lock(mutex_);
        auto& list = idle_[capacity];
        if (!list.empty()) {
            out.data_ = list.back();
            list.pop_back();
            idle_bytes_ -= capacity;
            ++reused_;
        } else {
            ++allocated_;
        }
    }
    if (out.data_ == nullptr)
        out.data_ =
            static_cast<std::byte*>(::operator new(capacity, std::align_val_t(page_size), std::nothrow));
    if (out.data_ == nullptr)
        return errc::slow_down;
    out.owner_ = this;
    out.capacity_ = capacity;
    out.holding_ = std::move(*holding);
    return out;
}

void buffer_pool::fill(stats& out) const {
    out.body_memory_bytes = limit_.used();
    out.body_memory_bytes_max = limit_.amount_max();
    out.body_memory_refused = limit_.refused();
    const std::lock_guard lock(mutex_);
    out.buffers_idle_bytes = idle_bytes_;
    out.buffers_reused = reused_;
    out.buffers_allocated = allocated_;
}

void buffer_pool::give_back(std::byte* data, std::size_t capacity) noexcept {
    {
        const std::lock_guard lock(mutex_);
        if (idle_bytes_ + capacity <= idle_bytes_max_) {
            const auto list = idle_.find(capacity);
            LABSTORE_ASSERT(list != idle_.end());
            list->second.push_back(data);
            idle_bytes_ += capacity;
            return;
        }
    }
    free_memory(data);
}

}  // namespace labstore::blob
