#pragma once

#include "s3/call.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace labstore::s3 {

/// CopyObjectResult and CopyPartResult.
[[nodiscard]] std::string copy_document(
    std::string_view root,
    std::string_view etag,
    wall_time modified,
    const std::optional<storage::checksum_value>& checksum,
    bool with_type
);

/// What a failed copy answers: source conditions that ask for 304 give 412, and a missing source is named by
/// its own key.
[[nodiscard]] error_code copy_error(call& request, error_code error, const std::string& source_key);

}  // namespace labstore::s3
