#pragma once

#include "s3/call.hpp"

namespace labstore::s3 {

// What a request may ask for and LabStore does not do (yet) is refused, never silently left out: a client that
// asks for encryption must not believe it got one.

/// Server-side encryption in any form, appending writes, If-Match and If-None-Match together on a write:
/// not_implemented. For every operation.
[[nodiscard]] result<void> refuse_unsupported(call& request);

/// x-amz-acl and x-amz-grant-*. `private` and `bucket-owner-full-control` change nothing and are accepted;
/// others as AWS answers for a bucket whose ACLs are disabled, or without effect with
/// options::accept_acl_headers.
[[nodiscard]] result<void> check_acl_headers(call& request);

}  // namespace labstore::s3
