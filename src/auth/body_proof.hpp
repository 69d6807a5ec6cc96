// The one place that decides what a body must prove.
#pragma once

#include "labstore/auth.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::auth {

struct body_proof {
    body_mode mode = body_mode::unsigned_payload;
    std::optional<crypto::sha256_digest> payload_hash;
    std::optional<std::uint64_t> decoded_size_bytes;
    std::vector<std::string> trailer_names;
};

/// From the value of x-amz-content-sha256 and, with the streaming modes, the headers that go with them.
/// invalid_content_sha256, unsupported_signature, invalid_request for trailers that cannot be; missing_content_length, as
/// on AWS, also for a decoded length that is no number.
[[nodiscard]] result<body_proof> decide_body_proof(
    std::string_view content_sha256, const http::request_head& head, refusal& why
);

/// invalid_content_sha256, naming the argument.
[[nodiscard]] error_code refuse_content_sha256(refusal& why, std::string_view value);

/// Only these trailers exist: x-amz-checksum- and one of the five algorithms, lower case.
[[nodiscard]] bool is_trailer_name(std::string_view name) noexcept;

}  // namespace labstore::auth
