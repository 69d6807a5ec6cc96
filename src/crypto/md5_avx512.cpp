// MD5 of 4 or 16 messages at a time. Compiled for every x86-64, entered only where the processor has AVX-512F and VL.
#include "crypto/md5_kernels.hpp"

#if defined(__x86_64__)

#include <immintrin.h>

namespace labstore::crypto::md5_detail {
namespace {

#define LABSTORE_AVX512 __attribute__((target("avx512f,avx512vl"), always_inline)) inline

// Three-input functions as truth tables: bit 4x + 2y + z of the number is the result for x, y, z.
constexpr int select_yz = 0xCA;  // x ? y : z
constexpr int parity = 0x96;     // x ^ y ^ z
constexpr int y_by_x_or_not_z = 0x39;

struct wide {
    using word = __m512i;

    template <int Table>
    LABSTORE_AVX512 static word logic(word x, word y, word z) noexcept {
        return _mm512_ternarylogic_epi32(x, y, z, Table);
    }

    LABSTORE_AVX512 static word add(word x, word y) noexcept { return _mm512_add_epi32(x, y); }

    template <int Bits>
    LABSTORE_AVX512 static word rotate(word x) noexcept {
        return _mm512_rol_epi32(x, Bits);
    }

    LABSTORE_AVX512 static word all(std::uint32_t x) noexcept {
        return _mm512_set1_epi32(static_cast<int>(x));
    }

    LABSTORE_AVX512 static word load(const void* from) noexcept { return _mm512_loadu_si512(from); }

    LABSTORE_AVX512 static void store(void* to, word x) noexcept { _mm512_storeu_si512(to, x); }

    /// 16 words of 16 messages, turned so that `words[i]` holds word i of each.
    LABSTORE_AVX512 static void read_block(
        word (&words)[16], const std::byte* const* in, std::size_t at
    ) noexcept {
        word pairs[16];
        for (int i = 0; i < 16; i += 4) {
            const word r0 = load(in[i] + at);
            const word r1 = load(in[i + 1] + at);
            const word r2 = load(in[i + 2] + at);
            const word r3 = load(in[i + 3] + at);
            const word low01 = _mm512_unpacklo_epi32(r0, r1);
            const word high01 = _mm512_unpackhi_epi32(r0, r1);
            const word low23 = _mm512_unpacklo_epi32(r2, r3);
            const word high23 = _mm512_unpackhi_epi32(r2, r3);
            pairs[i] = _mm512_unpacklo_epi64(low01, low23);
            pairs[i + 1] = _mm512_unpackhi_epi64(low01, low23);
            pairs[i + 2] = _mm512_unpacklo_epi64(high01, high23);
            pairs[i + 3] = _mm512_unpackhi_epi64(high01, high23);
        }
        for (int i = 0; i < 4; ++i) {
            const word even_low = _mm512_shuffle_i32x4(pairs[i], pairs[i + 4], 0x88);
            const word odd_low = _mm512_shuffle_i32x4(pairs[i], pairs[i + 4], 0xDD);
            const word even_high = _mm512_shuffle_i32x4(pairs[i + 8], pairs[i + 12], 0x88);
            const word odd_high = _mm512_shuffle_i32x4(pairs[i + 8], pairs[i + 12], 0xDD);
            words[i] = _mm512_shuffle_i32x4(even_low, even_high, 0x88);
            words[i + 4] = _mm512_shuffle_i32x4(odd_low, odd_high, 0x88);
            words[i + 8] = _mm512_shuffle_i32x4(even_low, even_high, 0xDD);
            words[i + 12] = _mm512_shuffle_i32x4(odd_low, odd_high, 0xDD);
        }
    }
};

struct narrow {
    using word = __m128i;

    template <int Table>
    LABSTORE_AVX512 static word logic(word x, word y, word z) noexcept {
        return _mm_ternarylogic_epi32(x, y, z, Table);
    }

    LABSTORE_AVX512 static word add(word x, word y) noexcept { return _mm_add_epi32(x, y); }

    template <int Bits>
    LABSTORE_AVX512 static word rotate(word x) noexcept {
        return _mm_rol_epi32(x, Bits);
    }

    LABSTORE_AVX512 static word all(std::uint32_t x) noexcept { return _mm_set1_epi32(static_cast<int>(x)); }

    LABSTORE_AVX512 static word load(const void* from) noexcept {
        return _mm_loadu_si128(static_cast<const __m128i*>(from));
    }

    LABSTORE_AVX512 static void store(void* to, word x) noexcept {
        _mm_storeu_si128(static_cast<__m128i*>(to), x);
    }

    /// 16 words of 4 messages, turned so that `words[i]` holds word i of each.
    LABSTORE_AVX512 static void read_block(
        word (&words)[16], const std::byte* const* in, std::size_t at
    ) noexcept {
        for (int quarter = 0; quarter < 4; ++quarter, at += sizeof(word)) {
            const word r0 = load(in[0] + at);
            const word r1 = load(in[1] + at);
            const word r2 = load(in[2] + at);
            const word r3 = load(in[3] + at);
            const word low01 = _mm_unpacklo_epi32(r0, r1);
            const word high01 = _mm_unpackhi_epi32(r0, r1);
            const word low23 = _mm_unpacklo_epi32(r2, r3);
            const word high23 = _mm_unpackhi_epi32(r2, r3);
            words[4 * quarter] = _mm_unpacklo_epi64(low01, low23);
            words[4 * quarter + 1] = _mm_unpackhi_epi64(low01, low23);
            words[4 * quarter + 2] = _mm_unpacklo_epi64(high01, high23);
            words[4 * quarter + 3] = _mm_unpackhi_epi64(high01, high23);
        }
    }
};

/// Four operations wait for each other in a step: the function, two additions and the rotation.
template <typename Lanes, int I>
LABSTORE_AVX512 void step(
    typename Lanes::word& a,
    typename Lanes::word b,
    typename Lanes::word c,
    typename Lanes::word d,
    const typename Lanes::word* block
) noexcept {
    typename Lanes::word mixed;
    if constexpr (I < 16)
        mixed = Lanes::template logic<select_yz>(b, c, d);
    else if constexpr (I < 32)
        mixed = Lanes::template logic<select_yz>(d, b, c);
    else if constexpr (I < 48)
        mixed = Lanes::template logic<parity>(b, c, d);
    else
        mixed = Lanes::template logic<y_by_x_or_not_z>(b, c, d);
    const auto early = Lanes::add(a, Lanes::add(block[word_of(I)], Lanes::all(addends[I])));
    a = Lanes::add(Lanes::template rotate<rotation(I)>(Lanes::add(early, mixed)), b);
}

template <typename Lanes, int I = 0>
LABSTORE_AVX512 void steps(
    typename Lanes::word& a,
    typename Lanes::word& b,
    typename Lanes::word& c,
    typename Lanes::word& d,
    const typename Lanes::word* block
) noexcept {
    step<Lanes, I>(a, b, c, d, block);
    step<Lanes, I + 1>(d, a, b, c, block);
    step<Lanes, I + 2>(c, d, a, b, block);
    step<Lanes, I + 3>(b, c, d, a, block);
    if constexpr (I + 4 < 64)
        steps<Lanes, I + 4>(a, b, c, d, block);
}

template <typename Lanes>
LABSTORE_AVX512 void hash(lane_states& states, const std::byte* const* in, std::size_t blocks) noexcept {
    auto a = Lanes::load(states.words[0].data());
    auto b = Lanes::load(states.words[1].data());
    auto c = Lanes::load(states.words[2].data());
    auto d = Lanes::load(states.words[3].data());
    for (std::size_t at = 0; at < blocks * block_bytes; at += block_bytes) {
        typename Lanes::word block[16];
        Lanes::read_block(block, in, at);
        const auto a0 = a;
        const auto b0 = b;
        const auto c0 = c;
        const auto d0 = d;
        steps<Lanes>(a, b, c, d, block);
        a = Lanes::add(a, a0);
        b = Lanes::add(b, b0);
        c = Lanes::add(c, c0);
        d = Lanes::add(d, d0);
    }
    Lanes::store(states.words[0].data(), a);
    Lanes::store(states.words[1].data(), b);
    Lanes::store(states.words[2].data(), c);
    Lanes::store(states.words[3].data(), d);
}

}  // namespace

__attribute__((target("avx512f,avx512vl"))) void hash_4_avx512(
    lane_states& states, const std::byte* const* in, std::size_t blocks
) noexcept {
    hash<narrow>(states, in, blocks);
}

__attribute__((target("avx512f,avx512vl"))) void hash_16_avx512(
    lane_states& states, const std::byte* const* in, std::size_t blocks
) noexcept {
    hash<wide>(states, in, blocks);
}

}  // namespace labstore::crypto::md5_detail

#endif
