#pragma once

#include "labstore/base.hpp"
#include "labstore/blob.hpp"
#include "labstore/runtime.hpp"

#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace labstore::blob {

class buffer_pool;

/// Uninitialised memory on loan; goes back to its pool when it goes.
class buffer {
  public:
    buffer() = default;

    buffer(buffer&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)),
          data_(std::exchange(other.data_, nullptr)),
          capacity_(std::exchange(other.capacity_, 0)),
          holding_(std::move(other.holding_)) {}

    buffer& operator=(buffer&& other) noexcept {
        if (this != &other) {
            release();
            owner_ = std::exchange(other.owner_, nullptr);
            data_ = std::exchange(other.data_, nullptr);
            capacity_ = std::exchange(other.capacity_, 0);
            holding_ = std::move(other.holding_);
        }
        return *this;
    }

    ~buffer() { release(); }

    void release() noexcept;

    [[nodiscard]] std::byte* data() const noexcept { return data_; }

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

    [[nodiscard]] mutable_byte_span bytes() const noexcept { return {data_, capacity_}; }

  private:
    friend class buffer_pool;

    buffer_pool* owner_ = nullptr;
    std::byte* data_ = nullptr;
    std::size_t capacity_ = 0;
    runtime::limit::holding holding_;
};

/// Buffers of all writers and readers. What is on loan is counted in the limit `body_memory_bytes`; what
/// comes back is kept for the next up to `idle_bytes_max`. Thread-safe; outlives its buffers.
class buffer_pool {
  public:
    buffer_pool(std::uint64_t on_loan_bytes_max, std::uint64_t idle_bytes_max)
        : limit_("body_memory_bytes", on_loan_bytes_max), idle_bytes_max_(idle_bytes_max) {}

    ~buffer_pool();

    /// At least `size_bytes` (rounded up so that few sizes exist). slow_down past the limit.
    [[nodiscard]] result<buffer> take(std::size_t size_bytes);

    void fill(stats& out) const;

  private:
    friend class buffer;

    void give_back(std::byte* data, std::size_t capacity) noexcept;

    runtime::limit limit_;
    const std::uint64_t idle_bytes_max_;
    mutable labstore::mutex mutex_;
    std::map<std::size_t, std::vector<std::byte*>> idle_;
    std::uint64_t idle_bytes_ = 0;
    std::uint64_t reused_ = 0;
    std::uint64_t allocated_ = 0;
};

}  // namespace labstore::blob
