#pragma once

#include "labstore/crypto.hpp"
#include "labstore/storage/upload_types.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace labstore::s3 {

using crypto::checksum_algorithm;

inline constexpr std::array checksum_algorithms{
    checksum_algorithm::crc32,
    checksum_algorithm::crc32c,
    checksum_algorithm::crc64nvme,
    checksum_algorithm::sha1,
    checksum_algorithm::sha256,
};

/// "ChecksumCRC32" and its like.
[[nodiscard]] std::string_view checksum_element_name(checksum_algorithm algorithm) noexcept;
/// "x-amz-checksum-crc32" and its like.
[[nodiscard]] std::string_view checksum_header_name(checksum_algorithm algorithm) noexcept;
/// The algorithm of such a header or trailer name in lower case; nullopt for another name.
[[nodiscard]] std::optional<checksum_algorithm> checksum_of_header(std::string_view name) noexcept;

/// Base64 of exactly the algorithm's size, with "-N" behind it for a composite one; nullopt otherwise.
[[nodiscard]] std::optional<storage::checksum_value> parse_checksum_text(
    checksum_algorithm algorithm, std::string_view text
);

/// N of a text that parse_checksum_text took for a composite one; 0 for the others.
[[nodiscard]] std::uint64_t parts_of_checksum_text(std::string_view text) noexcept;

/// The wire form. `etag` is the object's: its "-N" says how many parts a composite checksum spans.
[[nodiscard]] std::string checksum_text(const storage::checksum_value& checksum, std::string_view etag);

/// "COMPOSITE" or "FULL_OBJECT".
[[nodiscard]] std::string_view checksum_type_text(const storage::checksum_value& checksum) noexcept;

/// "COMPOSITE" and "FULL_OBJECT"; nullopt for another word.
[[nodiscard]] std::optional<storage::checksum_type> parse_checksum_type(std::string_view text) noexcept;
/// The word of a type that was decided; `unspecified` has none and gives an empty view.
[[nodiscard]] std::string_view checksum_type_name(storage::checksum_type type) noexcept;

}  // namespace labstore::s3
