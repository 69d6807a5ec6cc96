// MD5 of 8 messages at a time. Compiled for every x86-64, entered only where the processor has AVX2.
#include "crypto/md5_kernels.hpp"

#if defined(__x86_64__)

#include <immintrin.h>

namespace labstore::crypto::md5_detail {
namespace {

#define LABSTORE_AVX2 __attribute__((target("avx2"), always_inline)) inline

using word = __m256i;

LABSTORE_AVX2 word load(const void* from) noexcept {
    return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}

LABSTORE_AVX2 void store(void* to, word x) noexcept {
    _mm256_storeu_si256(static_cast<__m256i*>(to), x);
}

/// 8 words of 8 messages, turned so that `words[i]` holds word i of each.
LABSTORE_AVX2 void read_half_block(word* words, const std::byte* const* in, std::size_t at) noexcept {
    word pairs[8];
    for (int i = 0; i < 8; i += 4) {
        const word r0 = load(in[i] + at);
        const word r1 = load(in[i + 1] + at);
        const word r2 = load(in[i + 2] + at);
        const word r3 = load(in[i + 3] + at);
        const word low01 = _mm256_unpacklo_epi32(r0, r1);
        const word high01 = _mm256_unpackhi_epi32(r0, r1);
        const word low23 = _mm256_unpacklo_epi32(r2, r3);
        const word high23 = _mm256_unpackhi_epi32(r2, r3);
        pairs[i] = _mm256_unpacklo_epi64(low01, low23);
        pairs[i + 1] = _mm256_unpackhi_epi64(low01, low23);
        pairs[i + 2] = _mm256_unpacklo_epi64(high01, high23);
        pairs[i + 3] = _mm256_unpackhi_epi64(high01, high23);
    }
    for (int i = 0; i < 4; ++i) {
        words[i] = _mm256_permute2x128_si256(pairs[i], pairs[i + 4], 0x20);
        words[i + 4] = _mm256_permute2x128_si256(pairs[i], pairs[i + 4], 0x31);
    }
}

template <int I>
LABSTORE_AVX2 void step(word& a, word b, word c, word d, const word* block) noexcept {
    const word addend = _mm256_set1_epi32(static_cast<int>(addends[I]));
    word sum = _mm256_add_epi32(a, _mm256_add_epi32(block[word_of(I)], addend));
    word mixed;
    if constexpr (I < 16) {
        mixed = _mm256_xor_si256(_mm256_and_si256(_mm256_xor_si256(c, d), b), d);
    } else if constexpr (I < 32) {
        // The two halves share no bit, so they can be added, and this one need not wait for b.
        sum = _mm256_add_epi32(sum, _mm256_andnot_si256(d, c));
        mixed = _mm256_and_si256(d, b);
    } else if constexpr (I < 48) {
        mixed = _mm256_xor_si256(_mm256_xor_si256(c, d), b);
    } else {
        mixed = _mm256_xor_si256(c, _mm256_or_si256(b, _mm256_xor_si256(d, _mm256_set1_epi32(-1))));
    }
    sum = _mm256_add_epi32(sum, mixed);
    const word left = _mm256_slli_epi32(sum, rotation(I));
    const word right = _mm256_srli_epi32(sum, 32 - rotation(I));
    a = _mm256_add_epi32(_mm256_or_si256(left, right), b);
}

template <int I = 0>
LABSTORE_AVX2 void steps(word& a, word& b, word& c, word& d, const word* block) noexcept {
    step<I>(a, b, c, d, block);
    step<I + 1>(d, a, b, c, block);
    step<I + 2>(c, d, a, b, block);
    step<I + 3>(b, c, d, a, block);
    if constexpr (I + 4 < 64)
        steps<I + 4>(a, b, c, d, block);
}

}  // namespace

__attribute__((target("avx2"))) void hash_8_avx2(
    lane_states& states, const std::byte* const* in, std::size_t blocks
) noexcept {
    word a = load(states.words[0].data());
    word b = load(states.words[1].data());
    word c = load(states.words[2].data());
    word d = load(states.words[3].data());
    for (std::size_t at = 0; at < blocks * block_bytes; at += block_bytes) {
        word block[16];
        read_half_block(block, in, at);
        read_half_block(block + 8, in, at + block_bytes / 2);
        const word a0 = a;
        const word b0 = b;
        const word c0 = c;
        const word d0 = d;
        steps(a, b, c, d, block);
        a = _mm256_add_epi32(a, a0);
        b = _mm256_add_epi32(b, b0);
        c = _mm256_add_epi32(c, c0);
        d = _mm256_add_epi32(d, d0);
    }
    store(states.words[0].data(), a);
    store(states.words[1].data(), b);
    store(states.words[2].data(), c);
    store(states.words[3].data(), d);
}

}  // namespace labstore::crypto::md5_detail

#endif
