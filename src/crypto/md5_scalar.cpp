#include "crypto/md5_kernels.hpp"

#include <bit>
#include <cstring>

namespace labstore::crypto::md5_detail {
namespace {

using word = std::uint32_t;

template <int I>
[[gnu::always_inline]] inline void step(word& a, word b, word c, word d, const std::byte* block) noexcept {
    word added = 0;
    std::memcpy(&added, block + sizeof added * word_of(I), sizeof added);
    a += added + addends[I];
    if constexpr (I < 16) {
        a += ((c ^ d) & b) ^ d;
    } else if constexpr (I < 32) {
        a += ~d & c;  // the two halves share no bit, so they can be added, and this one need not wait for b
        a += d & b;
    } else if constexpr (I < 48) {
        a += b ^ c ^ d;
    } else {
        a += c ^ (b | ~d);
    }
    a = std::rotl(a, rotation(I)) + b;
}

template <int I = 0>
[[gnu::always_inline]] inline void steps(
    word& a, word& b, word& c, word& d, const std::byte* block
) noexcept {
    step<I>(a, b, c, d, block);
    step<I + 1>(d, a, b, c, block);
    step<I + 2>(c, d, a, b, block);
    step<I + 3>(b, c, d, a, block);
    if constexpr (I + 4 < 64)
        steps<I + 4>(a, b, c, d, block);
}

}  // namespace

static_assert(std::endian::native == std::endian::little, "words are read as they lie");

void hash_scalar(std::array<std::uint32_t, 4>& words, const std::byte* in, std::size_t blocks) noexcept {
    auto [a, b, c, d] = words;
    for (; blocks != 0; --blocks, in += block_bytes) {
        const auto a0 = a;
        const auto b0 = b;
        const auto c0 = c;
        const auto d0 = d;
        steps(a, b, c, d, in);
        a += a0;
        b += b0;
        c += c0;
        d += d0;
    }
    words = {a, b, c, d};
}

}  // namespace labstore::crypto::md5_detail
