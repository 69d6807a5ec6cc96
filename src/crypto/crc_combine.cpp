#include "labstore/crypto.hpp"

#include "crypto/crc.hpp"

namespace labstore::crypto {
namespace {

/// Appending n bytes multiplies what the first part left by x^(8n); the inversions at both ends cancel out.
template <typename Word>
std::string combine(
    std::string_view first, std::string_view second, std::uint64_t second_size_bytes, Word polynomial
) {
    LABSTORE_ASSERT(first.size() == sizeof(Word) && second.size() == sizeof(Word));
    // x^(8n) is (x^n)^8, which keeps the exponent from overflowing.
    auto factor = power_of_x(second_size_bytes, polynomial);
    for (int doubling = 0; doubling < 3; ++doubling)
        factor = multiply_polynomials(factor, factor, polynomial);
    const auto moved = multiply_polynomials(read_big_endian<Word>(first), factor, polynomial);
    std::string combined;
    append_big_endian(combined, static_cast<Word>(moved ^ read_big_endian<Word>(second)));
    return combined;
}

}  // namespace

std::string combine_crc(
    checksum_algorithm algorithm,
    std::string_view first,
    std::string_view second,
    std::uint64_t second_size_bytes
) {
    LABSTORE_ASSERT(is_crc(algorithm));
    switch (algorithm) {
        case checksum_algorithm::crc32:
            return combine(first, second, second_size_bytes, crc32_polynomial);
        case checksum_algorithm::crc32c:
            return combine(first, second, second_size_bytes, crc32c_polynomial);
        default:
            return combine(first, second, second_size_bytes, crc64_nvme_polynomial);
    }
}

}  // namespace labstore::crypto
