#pragma once

#include "blob/types.hpp"

#include <atomic>
#include <memory>

namespace labstore::blob {

/// Which pieces of a file this process has read and found whole. Only ever grows; forgotten with the open file.
/// Thread-safe.
class checked_pieces {
  public:
    explicit checked_pieces(std::size_t count)
        : count_(count), words_(std::make_unique<std::atomic<std::uint64_t>[]>((count + 63) / 64)) {}

    void set(std::size_t piece) noexcept {
        LABSTORE_ASSERT(piece < count_);
        words_[piece / 64].fetch_or(std::uint64_t{1} << (piece % 64), std::memory_order_relaxed);
    }

    [[nodiscard]] bool test(std::size_t piece) const noexcept {
        return piece < count_ &&
               (words_[piece / 64].load(std::memory_order_relaxed) >> (piece % 64) & 1U) != 0;
    }

  private:
    const std::size_t count_;
    const std::unique_ptr<std::atomic<std::uint64_t>[]> words_;
};

}  // namespace labstore::blob
