// CRCs by the instructions of x86-64. Compiled for every such machine, entered only where the processor has
// them.
#include "crypto/crc.hpp"

#if defined(__x86_64__)

#include <immintrin.h>

#include <array>

namespace labstore::crypto {
namespace {

// The crc32 instruction takes three cycles but one can start in each, so three lanes run side by side. Their
// values are then joined: a lane's value is moved over the bytes of the lanes behind it by a multiplication
// with a fixed power of x, done here as four look-ups.
using shift_table = std::array<std::array<std::uint32_t, 256>, 4>;

constexpr shift_table make_shift_table(std::uint64_t distance_bytes) {
    const auto factor = power_of_x(distance_bytes * 8, crc32c_polynomial);
    shift_table made{};
    for (std::size_t position = 0; position < 4; ++position)
        for (std::size_t byte = 0; byte < 256; ++byte)
            made[position][byte] = multiply_polynomials(
                static_cast<std::uint32_t>(byte << (8 * position)), factor, crc32c_polynomial
            );
    return made;
}

// Long lanes make joining cheap for large inputs, short ones serve what is left.
constexpr std::size_t long_lane_bytes = 2048;
constexpr std::size_t short_lane_bytes = 128;
constexpr auto long_shift = make_shift_table(long_lane_bytes);
constexpr auto short_shift = make_shift_table(short_lane_bytes);

std::uint32_t shift(const shift_table& table, std::uint32_t value) noexcept {
    return table[0][value & 0xFF] ^ table[1][(value >> 8) & 0xFF] ^ table[2][(value >> 16) & 0xFF] ^
           table[3][value >> 24];
}

std::uint64_t load_word(const std::byte* in) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, in, sizeof word);
    return word;
}

/// Takes as many rounds of three lanes as there are; moves `in` and `left` past them.
__attribute__((target("sse4.2"))) std::uint32_t run_lanes(
    std::uint32_t state,
    const std::byte*& in,
    std::size_t& left,
    std::size_t lane_bytes,
    const shift_table& table
) noexcept {
    for (; left >= 3 * lane_bytes; in += 3 * lane_bytes, left -= 3 * lane_bytes) {
        std::uint64_t first = state;
        std::uint64_t second = 0;
        std::uint64_t third = 0;
        for (std::size_t i = 0; i < lane_bytes; i += 8) {
            first = _mm_crc32_u64(first, load_word(in + i));
            second = _mm_crc32_u64(second, load_word(in + lane_bytes + i));
            third = _mm_crc32_u64(third, load_word(in + 2 * lane_bytes + i));
        }
        const auto joined =
            shift(table, static_cast<std::uint32_t>(first)) ^ static_cast<std::uint32_t>(second);
        state = shift(table, joined) ^ static_cast<std::uint32_t>(third);
    }
    return state;
}

/// What moves a reflected 128-bit remainder over 512 and over 128 further bits. A carry-less product of
/// reflected words comes out one power too high, hence the -1.
struct fold_factors {
    std::uint64_t over_512_low;
    std::uint64_t over_512_high;
    std::uint64_t over_128_low;
    std::uint64_t over_128_high;
};

template <typename Word>
constexpr fold_factors make_fold_factors(Word polynomial) {
    constexpr unsigned align = 64 - sizeof(Word) * 8;
    const auto power = [polynomial](std::uint64_t exponent) {
        return static_cast<std::uint64_t>(power_of_x(exponent, polynomial)) << align;
    };
    return {power(512 + 64 - 1), power(512 - 1), power(128 + 64 - 1), power(128 - 1)};
}

constexpr auto crc32_factors = make_fold_factors(crc32_polynomial);
constexpr auto crc64_nvme_factors = make_fold_factors(crc64_nvme_polynomial);

__attribute__((target("pclmul,sse4.1"))) inline __m128i fold(
    __m128i remainder, __m128i factors, __m128i next
) noexcept {
    const __m128i low = _mm_clmulepi64_si128(remainder, factors, 0x00);
    const __m128i high = _mm_clmulepi64_si128(remainder, factors, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

__attribute__((target("pclmul,sse4.1"))) inline __m128i load(const std::byte* in) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(in));
}

constexpr std::size_t fold_bytes_min = 64;

/// Reduces at least 64 bytes to 16 with the same remainder; `left` becomes what was not taken.
__attribute__((target("pclmul,sse4.1"))) std::array<std::byte, 16> fold_all(
    const fold_factors& factors, std::uint64_t state, const std::byte*& in, std::size_t& left
) noexcept {
    const __m128i over_512 = _mm_set_epi64x(
        static_cast<long long>(factors.over_512_high), static_cast<long long>(factors.over_512_low)
    );
    const __m128i over_128 = _mm_set_epi64x(
        static_cast<long long>(factors.over_128_high), static_cast<long long>(factors.over_128_low)
    );
    __m128i a = _mm_xor_si128(load(in), _mm_set_epi64x(0, static_cast<long long>(state)));
    __m128i b = load(in + 16);
    __m128i c = load(in + 32);
    __m128i d = load(in + 48);
    for (in += 64, left -= 64; left >= 64; in += 64, left -= 64) {
        a = fold(a, over_512, load(in));
        b = fold(b, over_512, load(in + 16));
        c = fold(c, over_512, load(in + 32));
        d = fold(d, over_512, load(in + 48));
    }
    b = fold(a, over_128, b);
    c = fold(b, over_128, c);
    d = fold(c, over_128, d);
    for (; left >= 16; in += 16, left -= 16)
        d = fold(d, over_128, load(in));
    std::array<std::byte, 16> folded;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(folded.data()), d);
    return folded;
}

template <typename Word, typename Table>
Word run_folded(const fold_factors& factors, Word earlier, byte_span bytes, Table by_table) noexcept {
    if (bytes.size() < fold_bytes_min)
        return by_table(earlier, bytes);
    const std::byte* in = bytes.data();
    std::size_t left = bytes.size();
    const auto folded = fold_all(factors, static_cast<Word>(~earlier), in, left);
    // An earlier value of all ones is the state zero: the 16 bytes already carry the state they began with.
    const Word value = by_table(static_cast<Word>(~Word{0}), byte_span(folded));
    return by_table(value, byte_span(in, left));
}

}  // namespace

bool processor_has_sse42() noexcept {
    return __builtin_cpu_supports("sse4.2") != 0;
}

bool processor_has_pclmul() noexcept {
    return __builtin_cpu_supports("pclmul") != 0 && __builtin_cpu_supports("sse4.1") != 0;
}

__attribute__((target("sse4.2"))) std::uint32_t crc32c_by_sse42(
    std::uint32_t earlier, byte_span bytes
) noexcept {
    std::uint32_t state = ~earlier;
    const std::byte* in = bytes.data();
    std::size_t left = bytes.size();
    state = run_lanes(state, in, left, long_lane_bytes, long_shift);
    state = run_lanes(state, in, left, short_lane_bytes, short_shift);
    for (; left >= 8; in += 8, left -= 8)
        state = static_cast<std::uint32_t>(_mm_crc32_u64(state, load_word(in)));
    for (; left > 0; ++in, --left)
        state = _mm_crc32_u8(state, std::to_integer<unsigned char>(*in));
    return ~state;
}

std::uint32_t crc32_by_pclmul(std::uint32_t earlier, byte_span bytes) noexcept {
    return run_folded(crc32_factors, earlier, bytes, crc32_by_table);
}

std::uint64_t crc64_nvme_by_pclmul(std::uint64_t earlier, byte_span bytes) noexcept {
    return run_folded(crc64_nvme_factors, earlier, bytes, crc64_nvme_by_table);
}

}  // namespace labstore::crypto

#endif
