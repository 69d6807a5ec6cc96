// What a SigV2 signature is made over.
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
#pragma once

#include "auth/canonical.hpp"

#include "labstore/auth.hpp"

#include <span>
#include <string>
#include <string_view>

namespace labstore::auth {

struct sigv2_statement {
    const http::request_head& head;
    std::span<const query_parameter> query;  // in any order
    std::string_view date_line;              // Date, Expires of a presigned URL, or empty with x-amz-date
    std::string_view virtual_host_bucket;    // empty with path style
    std::string_view path_end;               // appended to the path
};

/// "/" for the path of a bucket alone, without its last slash, in path style: botocore sends "/bucket" and
/// signs
/// "/bucket/", others sign what they send. Empty for every other path, which has one form only.
[[nodiscard]] std::string_view other_path_end(
    std::string_view path, std::string_view virtual_host_bucket
) noexcept;

/// signature_does_not_match when a header that has a line of its own is repeated.
[[nodiscard]] result<std::string> sigv2_string_to_sign(const sigv2_statement& statement);

/// base64 of an HMAC-SHA1.
[[nodiscard]] std::string sign_sigv2(const crypto::secret& secret_key, std::string_view text);

/// SigV2 signs a fixed list of query names. A name outside of it is taken only when it cannot change which
/// operation runs or whom it serves (list parameters), or when it repeats a signed x-amz-* header.
/// unsigned_header otherwise.
[[nodiscard]] result<void> require_query_signed(
    const http::request_head& head, std::span<const query_parameter> query, refusal& why
);

}  // namespace labstore::auth
