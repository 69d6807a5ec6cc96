#include "labstore/crypto.hpp"

#include <utility>

namespace labstore::crypto {
namespace {

struct description {
    checksum_algorithm algorithm;
    std::string_view name;
    std::size_t size_bytes;
};

constexpr std::array<description, 5> descriptions{{
    {checksum_algorithm::crc32, "CRC32", 4},
    {checksum_algorithm::crc32c, "CRC32C", 4},
    {checksum_algorithm::crc64nvme, "CRC64NVME", 8},
    {checksum_algorithm::sha1, "SHA1", 20},
    {checksum_algorithm::sha256, "SHA256", 32},
}};

const description& describe(checksum_algorithm algorithm) noexcept {
    const auto index = static_cast<std::size_t>(algorithm) - 1;
    LABSTORE_ASSERT(index < descriptions.size());
    return descriptions[index];
}

}  // namespace

std::string_view checksum_name(checksum_algorithm algorithm) noexcept {
    return describe(algorithm).name;
}

std::optional<checksum_algorithm> parse_checksum_name(std::string_view name) noexcept {
    for (const auto& candidate : descriptions)
        if (equal_ignoring_case(candidate.name, name))
            return candidate.algorithm;
    return std::nullopt;
}

std::size_t checksum_size_bytes(checksum_algorithm algorithm) noexcept {
    return describe(algorithm).size_bytes;
}

bool is_crc(checksum_algorithm algorithm) noexcept {
    return algorithm == checksum_algorithm::crc32 || algorithm == checksum_algorithm::crc32c ||
           algorithm == checksum_algorithm::crc64nvme;
}

checksum::checksum(checksum_algorithm algorithm) : algorithm_(algorithm) {
    if (!is_crc(algorithm))
        digest_.emplace(algorithm == checksum_algorithm::sha1 ? digest_kind::sha1 : digest_kind::sha256);
}

void checksum::update(byte_span bytes) {
    switch (algorithm_) {
        case checksum_algorithm::crc32:
            crc_ = crc32(static_cast<std::uint32_t>(crc_), bytes);
            break;
        case checksum_algorithm::crc32c:
            crc_ = crc32c(static_cast<std::uint32_t>(crc_), bytes);
            break;
        case checksum_algorithm::crc64nvme:
            crc_ = crc64_nvme(crc_, bytes);
            break;
        case checksum_algorithm::sha1:
        case checksum_algorithm::sha256:
            digest_->update(bytes);
            break;
    }
}

std::string checksum::finish() {
    if (digest_)
        return digest_->finish();
    const auto value = std::exchange(crc_, 0);
    std::string finished;
    if (algorithm_ == checksum_algorithm::crc64nvme)
        append_big_endian(finished, value);
    else
        append_big_endian(finished, static_cast<std::uint32_t>(value));
    return finished;
}

}  // namespace labstore::crypto
