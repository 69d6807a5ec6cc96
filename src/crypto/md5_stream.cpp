#include "labstore/crypto/md5.hpp"

#include "crypto/md5_kernels.hpp"

#include <algorithm>
#include <cstring>

namespace labstore::crypto {

byte_span md5_stream::complete_block(byte_span bytes) noexcept {
    const auto held = static_cast<std::size_t>(size_bytes_ % block_bytes);
    if (held == 0)
        return bytes;
    const auto taken = std::min(block_bytes - held, bytes.size());
    keep(bytes.first(taken));
    if (held + taken == block_bytes)
        md5_detail::hash_scalar(words_, tail_.data(), 1);
    return bytes.subspan(taken);
}

void md5_stream::keep(byte_span bytes) noexcept {
    const auto held = static_cast<std::size_t>(size_bytes_ % block_bytes);
    LABSTORE_ASSERT(bytes.size() <= block_bytes - held);
    std::copy(bytes.begin(), bytes.end(), tail_.begin() + static_cast<std::ptrdiff_t>(held));
    size_bytes_ += bytes.size();
}

void md5_stream::update(byte_span bytes) noexcept {
    bytes = complete_block(bytes);
    const auto blocks = bytes.size() / block_bytes;
    md5_detail::hash_scalar(words_, bytes.data(), blocks);
    size_bytes_ += blocks * block_bytes;
    keep(bytes.subspan(blocks * block_bytes));
}

md5_digest md5_stream::finish() noexcept {
    // A 1 bit, zeros up to the last eight bytes of a block, and there the length in bits.
    constexpr std::size_t length_at = block_bytes - sizeof(std::uint64_t);
    const std::uint64_t size_bits = size_bytes_ * 8;
    auto held = static_cast<std::size_t>(size_bytes_ % block_bytes);
    tail_[held++] = std::byte{0x80};
    if (held > length_at) {
        std::fill(tail_.begin() + static_cast<std::ptrdiff_t>(held), tail_.end(), std::byte{0});
        md5_detail::hash_scalar(words_, tail_.data(), 1);
        held = 0;
    }
    std::fill(tail_.begin() + static_cast<std::ptrdiff_t>(held), tail_.end(), std::byte{0});
    std::memcpy(tail_.data() + length_at, &size_bits, sizeof size_bits);
    md5_detail::hash_scalar(words_, tail_.data(), 1);

    md5_digest digest;
    static_assert(sizeof words_ == sizeof digest);
    std::memcpy(digest.data(), words_.data(), sizeof digest);
    words_ = start;
    size_bytes_ = 0;
    return digest;
}

}  // namespace labstore::crypto
