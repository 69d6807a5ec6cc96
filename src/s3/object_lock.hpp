#pragma once

#include "s3/call.hpp"

namespace labstore::s3 {

/// What AWS says to who wants to remove what is locked.
inline constexpr std::string_view lock_refusal = "Access Denied because object protected by object lock.";

/// The x-amz-object-lock-* headers of PutObject, CopyObject and CreateMultipartUpload. invalid_request in a bucket without
/// object lock, invalid_argument.
[[nodiscard]] result<storage::object_lock> lock_of(call& request);

/// PutObject has to prove its bytes where it locks them: invalid_request.
[[nodiscard]] result<void> check_lock_proof(call& request, const storage::object_lock& lock);

/// The same headers, of an object.
void add_lock_headers(http::response_head& head, const storage::object_lock& lock);

/// x-amz-bypass-governance-retention: true.
[[nodiscard]] bool bypasses_governance(const call& request);

/// invalid_request in a bucket without object lock.
[[nodiscard]] result<void> check_has_lock(call& request);

/// GOVERNANCE or COMPLIANCE; nullopt for any other word.
[[nodiscard]] std::optional<storage::retention_mode> parse_retention_mode(std::string_view word) noexcept;
[[nodiscard]] std::string_view retention_mode_name(storage::retention_mode mode) noexcept;

}  // namespace labstore::s3
