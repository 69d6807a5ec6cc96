// The CRC arithmetic behind labstore/crypto.hpp, and its implementations one by one, so that tests can hold
// the processor's instructions against the tables.
#pragma once

#include "labstore/base.hpp"

#include <concepts>

namespace labstore::crypto {

/// The three polynomials, reflected: bit 0 is the coefficient of the highest power but one.
inline constexpr std::uint32_t crc32_polynomial = 0xEDB88320;
inline constexpr std::uint32_t crc32c_polynomial = 0x82F63B78;
inline constexpr std::uint64_t crc64_nvme_polynomial = 0x9A6C9329AC4BC9B5;

/// The product of two reflected polynomials modulo `polynomial`.
template <std::unsigned_integral Word>
[[nodiscard]] constexpr Word multiply_polynomials(Word left, Word right, Word polynomial) noexcept {
    Word product = 0;
    for (Word bit = Word{1} << (sizeof(Word) * 8 - 1); bit != 0; bit >>= 1) {
        if ((left & bit) != 0)
            product ^= right;
        right = (right & 1) != 0 ? (right >> 1) ^ polynomial : right >> 1;
    }
    return product;
}

/// x to the power of `exponent`, modulo `polynomial`, reflected.
template <std::unsigned_integral Word>
[[nodiscard]] constexpr Word power_of_x(std::uint64_t exponent, Word polynomial) noexcept {
    constexpr Word one = Word{1} << (sizeof(Word) * 8 - 1);
    Word result = one;
    for (Word square = one >> 1; exponent != 0; exponent >>= 1) {
        if ((exponent & 1) != 0)
            result = multiply_polynomials(result, square, polynomial);
        square = multiply_polynomials(square, square, polynomial);
    }
    return result;
}

// Each takes and gives the finished value (with its final inversion), as the public functions do.

[[nodiscard]] std::uint32_t crc32_by_table(std::uint32_t earlier, byte_span bytes) noexcept;
[[nodiscard]] std::uint32_t crc32c_by_table(std::uint32_t earlier, byte_span bytes) noexcept;
[[nodiscard]] std::uint64_t crc64_nvme_by_table(std::uint64_t earlier, byte_span bytes) noexcept;

#if defined(__x86_64__)
/// Only where the processor has SSE4.2.
[[nodiscard]] std::uint32_t crc32c_by_sse42(std::uint32_t earlier, byte_span bytes) noexcept;
/// Only where the processor has PCLMULQDQ and SSE4.1.
[[nodiscard]] std::uint32_t crc32_by_pclmul(std::uint32_t earlier, byte_span bytes) noexcept;
[[nodiscard]] std::uint64_t crc64_nvme_by_pclmul(std::uint64_t earlier, byte_span bytes) noexcept;

[[nodiscard]] bool processor_has_sse42() noexcept;
[[nodiscard]] bool processor_has_pclmul() noexcept;
#endif

}  // namespace labstore::crypto
