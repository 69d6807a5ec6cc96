#include "auth/refusals.hpp"

#include <string>

namespace labstore::auth {
namespace {

/// "2026-08-02T12:00:00Z": AWS shows whole seconds here.
std::string to_seconds_text(wall_time time) {
    auto text = format_iso8601(time);
    text.replace(text.find('.'), std::string::npos, "Z");
    return text;
}

}  // namespace

error_code refuse_skewed(
    refusal& why, std::string_view sent, wall_time now, std::chrono::milliseconds skew_max
) {
    return why.with("RequestTime", std::string(sent))
        .with("ServerTime", to_seconds_text(now))
        .with("MaxAllowedSkewMilliseconds", std::to_string(skew_max.count()))
        .because(errc::request_time_too_skewed);
}

error_code refuse_expired(refusal& why, wall_time end, wall_time now) {
    return why.with("Expires", to_seconds_text(end))
        .with("ServerTime", to_seconds_text(now))
        .because(errc::request_expired);
}

error_code refuse_early(refusal& why, wall_time start, wall_time now) {
    return why.with("RequestTime", to_seconds_text(start))
        .with("ServerTime", to_seconds_text(now))
        .because(errc::access_denied, "Request is not yet valid");
}

error_code refuse_unknown_key(refusal& why, std::string_view access_key) {
    return why.with("AWSAccessKeyId", std::string(access_key)).because(errc::invalid_access_key_id);
}

error_code refuse_signature(refusal& why, const signature_evidence& evidence) {
    why.with("AWSAccessKeyId", std::string(evidence.access_key))
        .with("StringToSign", std::string(evidence.string_to_sign))
        .with("SignatureProvided", std::string(evidence.provided));
    if (!evidence.canonical_request.empty())
        why.with("CanonicalRequest", std::string(evidence.canonical_request));
    return why.because(errc::signature_does_not_match);
}

}  // namespace labstore::auth
