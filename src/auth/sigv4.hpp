// What a SigV4 signature is made over.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
#pragma once

#include "auth/canonical.hpp"

#include "labstore/auth.hpp"

#include <span>
#include <string>
#include <string_view>

namespace labstore::auth {

struct sigv4_statement {
    const http::request_head& head;
    std::span<const query_parameter> sorted_query;
    std::span<const std::string_view> signed_headers;  // sorted, lower case
    std::string_view payload_hash;                     // the text of the last line
};

/// invalid_uri for a path with a broken escape; signature_does_not_match when a header named as signed is
/// absent.
[[nodiscard]] result<std::string> canonical_request(const sigv4_statement& statement);

/// `scope` is "20130524/us-east-1/s3/aws4_request".
[[nodiscard]] std::string string_to_sign(
    std::string_view amz_date, std::string_view scope, std::string_view canonical
);

/// 64 hex digits.
[[nodiscard]] std::string sign_sigv4(const crypto::secret& signing_key, std::string_view text);

enum class content_sha256_rule { must_be_signed, may_be_unsigned };

/// unsigned_header, naming all that are not, unless every x-amz-* header of the request is among `signed_headers`
/// (Host is there already, or the list would not have parsed).
[[nodiscard]] result<void> require_amz_headers_signed(
    const http::request_head& head,
    std::span<const std::string_view> signed_headers,
    content_sha256_rule rule,
    refusal& why
);

}  // namespace labstore::auth
