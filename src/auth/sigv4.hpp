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

/// The canonical request in place of what `out` held. invalid_uri for a path with a broken escape;
/// signature_does_not_match when a header named as signed is absent.
[[nodiscard]] result<void> write_canonical_request(std::string& out, const sigv4_statement& statement);

/// The string to sign in place of what `out` held. `scope` is "20130524/us-east-1/s3/aws4_request".
void write_string_to_sign(
    std::string& out, std::string_view amz_date, std::string_view scope, std::string_view canonical
);

[[nodiscard]] signature_text sign_sigv4(const crypto::hmac_sha256_key& signing_key, std::string_view text);

/// The two texts that a signature is made over. Each thread keeps one for its next request, with the memory it took.
struct sigv4_texts {
    std::string canonical_request;
    std::string string_to_sign;
};

[[nodiscard]] sigv4_texts& sigv4_texts_of_thread();

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
