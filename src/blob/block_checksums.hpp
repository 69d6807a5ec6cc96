#pragma once

#include "labstore/base.hpp"
#include "labstore/crypto.hpp"

#include <algorithm>
#include <vector>

namespace labstore::blob {

[[nodiscard]] constexpr std::uint64_t block_count(std::uint64_t size_bytes, std::size_t block_size) noexcept {
    return (size_bytes + block_size - 1) / block_size;
}

[[nodiscard]] constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t alignment) noexcept {
    return (value + alignment - 1) / alignment * alignment;
}

/// One CRC32C per block of a stream that arrives in pieces of any size. Belongs to one thread at a time.
class block_checksums {
  public:
    explicit block_checksums(std::size_t block_size) : block_size_(block_size) {}

    void update(byte_span bytes) {
        while (!bytes.empty()) {
            const auto piece = bytes.first(std::min(bytes.size(), block_size_ - partial_size_));
            partial_ = crypto::crc32c(partial_, piece);
            partial_size_ += piece.size();
            bytes = bytes.subspan(piece.size());
            if (partial_size_ == block_size_)
                end_block();
        }
    }

    /// The table; the last block may be short. Nothing may follow.
    [[nodiscard]] const std::vector<std::uint32_t>& finish() {
        if (partial_size_ > 0)
            end_block();
        return done_;
    }

  private:
    void end_block() {
        done_.push_back(partial_);
        partial_ = 0;
        partial_size_ = 0;
    }

    std::size_t block_size_;
    std::vector<std::uint32_t> done_;
    std::uint32_t partial_ = 0;
    std::size_t partial_size_ = 0;
};

}  // namespace labstore::blob
