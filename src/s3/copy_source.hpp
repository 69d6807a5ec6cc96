#pragma once

#include "s3/call.hpp"

namespace labstore::s3 {

/// "[/]bucket/key[?versionId=ID]", bucket and key URL-encoded, decoded exactly once. invalid_copy_source.
[[nodiscard]] result<storage::object_name> parse_copy_source(std::string_view header);

/// The source of CopyObject and UploadPartCopy: named, existing, and the caller's own. no_such_bucket,
/// access_denied, invalid_copy_source.
[[nodiscard]] result<storage::object_name> find_copy_source(call& request);

}  // namespace labstore::s3
