#pragma once

#include "labstore/storage/upload_types.hpp"
#include "storage/records/records.pb.h"

#include <optional>
#include <string>
#include <vector>

namespace labstore::storage {

/// What an upload's algorithm and type come to: CRC64NVME is always full-object, SHA-1 and SHA-256 always
/// composite, the other CRCs composite unless asked otherwise. invalid_request for a pair that does not exist.
[[nodiscard]] result<bool> is_composite(crypto::checksum_algorithm algorithm, checksum_type asked);

/// The checksum of an object from those of its parts; nullopt when a part lacks one of this algorithm.
[[nodiscard]] std::optional<checksum_value> checksum_of_parts(
    crypto::checksum_algorithm algorithm, bool composite, const std::vector<records::part>& parts
);

/// MD5 over the parts' MD5s, raw.
[[nodiscard]] std::string md5_of_parts(const std::vector<records::part>& parts);

}  // namespace labstore::storage
