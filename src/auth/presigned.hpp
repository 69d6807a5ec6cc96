// Credentials carried in the query string.
#pragma once

#include "auth/body_proof.hpp"
#include "auth/canonical.hpp"

#include "labstore/base.hpp"

#include <chrono>
#include <span>
#include <string>

namespace labstore::auth {

/// Some parameter of that signature version is there, complete or not.
[[nodiscard]] bool has_sigv4_parameters(std::span<const query_parameter> query) noexcept;
[[nodiscard]] bool has_sigv2_parameters(std::span<const query_parameter> query) noexcept;

struct sigv4_presigned {
    std::string credential;
    std::string signed_headers;
    std::string signature;
    std::string amz_date;
    wall_time signed_at;
    std::chrono::seconds life{0};
};

/// Each parameter once and well-formed, X-Amz-Expires from 1 to `life_max`.
/// authorization_query_parameters_error; unsupported_signature for SigV4A.
[[nodiscard]] result<sigv4_presigned> parse_sigv4_presigned(
    std::span<const query_parameter> query, std::chrono::seconds life_max, refusal& why
);

/// What a presigned request says about its body, and the text that stands for it in the canonical request.
struct presigned_body {
    body_proof proof;
    std::string payload_hash;
};

/// invalid_content_sha256, also where header and query contradict each other; and what decide_body_proof refuses.
[[nodiscard]] result<presigned_body> decide_presigned_body(
    const http::request_head& head,
    std::span<const query_parameter> query,
    std::span<const std::string_view> signed_headers,
    refusal& why
);

struct sigv2_presigned {
    std::string access_key;
    std::string signature;
    std::string expires;  // as sent: it is part of what is signed
    std::uint64_t expires_at_s = 0;
};

/// access_denied, as AWS answers for a parameter that is missing, repeated or no number.
[[nodiscard]] result<sigv2_presigned> parse_sigv2_presigned(
    std::span<const query_parameter> query, refusal& why
);

}  // namespace labstore::auth
