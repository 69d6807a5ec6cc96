// Refusals that have more to say than a message. Called once the answer is no, so they may format at leisure.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
#pragma once

#include "labstore/auth.hpp"

#include <chrono>
#include <string_view>

namespace labstore::auth {

/// request_time_too_skewed. `sent` is the date as the client wrote it.
[[nodiscard]] error_code refuse_skewed(
    refusal& why, std::string_view sent, wall_time now, std::chrono::milliseconds skew_max
);

/// request_expired, of a presigned URL that was good until `end`.
[[nodiscard]] error_code refuse_expired(refusal& why, wall_time end, wall_time now);

/// access_denied, of a presigned URL that is to be good from `start`.
[[nodiscard]] error_code refuse_early(refusal& why, wall_time start, wall_time now);

/// invalid_access_key_id.
[[nodiscard]] error_code refuse_unknown_key(refusal& why, std::string_view access_key);

/// What a client needs to compare its signature's making with ours. All of it follows from the request alone.
struct signature_evidence {
    std::string_view access_key;
    std::string_view string_to_sign;
    std::string_view provided;
    std::string_view canonical_request;  // empty with SigV2, which has none
};

/// signature_does_not_match.
[[nodiscard]] error_code refuse_signature(refusal& why, const signature_evidence& evidence);

}  // namespace labstore::auth
