// The Authorization header and the credential scope, taken apart strictly. Views into the text given.
#pragma once

#include "labstore/auth.hpp"
#include "labstore/base.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace labstore::auth {

inline constexpr std::string_view sigv4_algorithm = "AWS4-HMAC-SHA256";
inline constexpr std::string_view sigv4a_algorithm = "AWS4-ECDSA-P256-SHA256";
/// More names than a head may have lines: a longer list can only be a mistake or an attack.
inline constexpr std::size_t signed_headers_max = 128;

/// ACCESSKEY/20130524/us-east-1/s3/aws4_request
struct credential_scope {
    std::string_view access_key;  // may itself hold a '/'
    std::string_view date;        // eight digits
    std::string_view region;
    std::string_view service;
    std::string_view text;  // all after the access key: "20130524/us-east-1/s3/aws4_request"
};

[[nodiscard]] std::optional<credential_scope> parse_credential(std::string_view text);

/// "host;x-amz-date" as sorted names: lower-case tokens, none twice, `host` among them. nullopt otherwise.
[[nodiscard]] std::optional<std::vector<std::string_view>> parse_signed_headers(std::string_view text);

struct sigv4_authorization {
    credential_scope scope;
    std::vector<std::string_view> signed_headers;  // sorted
    std::string_view signature;
};

/// The whole header value. authorization_header_malformed; unsupported_signature for SigV4A.
[[nodiscard]] result<sigv4_authorization> parse_sigv4_authorization(std::string_view value, refusal& why);

struct sigv2_authorization {
    std::string_view access_key;
    std::string_view signature;
};

/// "AWS ACCESSKEY:SIGNATURE". invalid_argument, as AWS answers a header of that scheme that it cannot read.
[[nodiscard]] result<sigv2_authorization> parse_sigv2_authorization(std::string_view value, refusal& why);

/// What is wrong with a text that `parse_credential` does not take.
inline constexpr std::string_view malformed_credential =
    "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".";

/// The same of `parse_signed_headers`.
inline constexpr std::string_view malformed_signed_headers =
    "SignedHeaders must be names in lower case, each once, with ';' between, and host among them.";

}  // namespace labstore::auth
