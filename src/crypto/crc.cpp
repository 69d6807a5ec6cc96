// Chooses, once per process, the fastest implementation the processor has.
#include "crypto/crc.hpp"

#include "labstore/crypto.hpp"

namespace labstore::crypto {
namespace {

using crc32_function = std::uint32_t (*)(std::uint32_t, byte_span) noexcept;
using crc64_function = std::uint64_t (*)(std::uint64_t, byte_span) noexcept;

struct chosen {
    crc32_function crc32 = crc32_by_table;
    crc32_function crc32c = crc32c_by_table;
    crc64_function crc64_nvme = crc64_nvme_by_table;
};

chosen choose() noexcept {
    chosen best;
#if defined(__x86_64__)
    if (processor_has_sse42())
        best.crc32c = crc32c_by_sse42;
    if (processor_has_pclmul()) {
        best.crc32 = crc32_by_pclmul;
        best.crc64_nvme = crc64_nvme_by_pclmul;
    }
#endif
    return best;
}

const chosen& implementation() noexcept {
    static const chosen best = choose();
    return best;
}

}  // namespace

std::uint32_t crc32(std::uint32_t earlier, byte_span bytes) noexcept {
    return implementation().crc32(earlier, bytes);
}

std::uint32_t crc32c(std::uint32_t earlier, byte_span bytes) noexcept {
    return implementation().crc32c(earlier, bytes);
}

std::uint64_t crc64_nvme(std::uint64_t earlier, byte_span bytes) noexcept {
    return implementation().crc64_nvme(earlier, bytes);
}

}  // namespace labstore::crypto
