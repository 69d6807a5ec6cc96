#pragma once

#include "s3/call.hpp"

namespace labstore::s3 {

/// If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since of GET and HEAD. Dates that are none are
/// ignored (RFC 9110).
[[nodiscard]] storage::read_conditions read_conditions_of(const call& request);

/// The x-amz-copy-source-if-* ones.
[[nodiscard]] storage::read_conditions copy_source_conditions_of(const call& request);

/// If-Match and If-None-Match of a write.
[[nodiscard]] storage::write_conditions write_conditions_of(const call& request);

/// If-Match, x-amz-if-match-last-modified-time, x-amz-if-match-size of DeleteObject. invalid_argument.
[[nodiscard]] result<storage::delete_conditions> delete_conditions_of(call& request);

/// Does the If-Range header, if any, let the Range header count for this object? ETags compare strongly and
/// dates exactly, so that a resumed download never joins two objects.
[[nodiscard]] bool range_counts(const call& request, const storage::object_info& object);

}  // namespace labstore::s3
