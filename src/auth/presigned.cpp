#include "auth/presigned.hpp"

#include "auth/authorization.hpp"
#include "auth/head_lookup.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace labstore::auth {
namespace {

constexpr std::array<std::string_view, 7> sigv4_names{
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
};
constexpr std::array<std::string_view, 2> sigv2_names{"AWSAccessKeyId", "Signature"};

template <std::size_t Size>
bool has_any(
    std::span<const query_parameter> query, const std::array<std::string_view, Size>& names
) noexcept {
    return std::ranges::any_of(query, [&](const query_parameter& piece) {
        return std::ranges::find(names, piece.name) != names.end();
    });
}

/// Decoded; nullopt unless it is there exactly once and not empty.
std::optional<std::string> only_value(std::span<const query_parameter> query, std::string_view name) {
    if (count_parameter(query, name) != 1)
        return std::nullopt;
    auto value = find_parameter(query, name)->decoded_value();
    return value.empty() ? std::nullopt : std::optional(std::move(value));
}

error_code refuse_parameters(refusal& why, std::string message) {
    return why.because(errc::authorization_query_parameters_error, std::move(message));
}

result<std::chrono::seconds> parse_life(
    std::string_view expires, std::chrono::seconds life_max, refusal& why
) {
    const auto life = parse_decimal(expires);
    const auto most = static_cast<std::uint64_t>(life_max.count());
    if (life && *life >= 1 && *life <= most)
        return std::chrono::seconds(*life);
    if (life == 0U)
        return refuse_parameters(why, "X-Amz-Expires must be at least one second");
    if (expires.starts_with('-'))
        return refuse_parameters(why, "X-Amz-Expires must be non-negative");
    if (expires.find_first_not_of("0123456789") != std::string_view::npos)
        return refuse_parameters(why, "X-Amz-Expires should be a number");
    return refuse_parameters(
        why,
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less "
        "than " +
            std::to_string(most) + " seconds"
    );
}

}  // namespace

bool has_sigv4_parameters(std::span<const query_parameter> query) noexcept {
    return has_any(query, sigv4_names);
}

bool has_sigv2_parameters(std::span<const query_parameter> query) noexcept {
    return has_any(query, sigv2_names);
}

result<sigv4_presigned> parse_sigv4_presigned(
    std::span<const query_parameter> query, std::chrono::seconds life_max, refusal& why
) {
    const auto algorithm = only_value(query, "X-Amz-Algorithm");
    if (algorithm == sigv4a_algorithm)
        return errc::unsupported_signature;
    auto credential = only_value(query, "X-Amz-Credential");
    auto date = only_value(query, "X-Amz-Date");
    const auto expires = only_value(query, "X-Amz-Expires");
    auto signed_headers = only_value(query, "X-Amz-SignedHeaders");
    auto signature = only_value(query, "X-Amz-Signature");
    if (!algorithm || !credential || !date || !expires || !signed_headers || !signature)
        return refuse_parameters(
            why,
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
            "X-Amz-Signature, "
            "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
        );
    if (algorithm != sigv4_algorithm)
        return refuse_parameters(why, "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
    for (const std::string_view name : {"X-Amz-Security-Token", "X-Amz-Content-Sha256"})
        if (count_parameter(query, name) > 1)
            return refuse_parameters(why, std::string(name) + " is there more than once");
    // wall_time does not reach back as far as the years that can be written.
    const auto signed_at = *date >= "1970" ? parse_amz_date(*date) : std::nullopt;
    if (!signed_at)
        return refuse_parameters(
            why, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
        );
    const auto life = parse_life(*expires, life_max, why);
    LABSTORE_TRY(life);
    return sigv4_presigned{
        std::move(*credential),
        std::move(*signed_headers),
        std::move(*signature),
        std::move(*date),
        *signed_at,
        *life,
    };
}

result<presigned_body> decide_presigned_body(
    const http::request_head& head,
    std::span<const query_parameter> query,
    std::span<const std::string_view> signed_headers,
    refusal& why
) {
    constexpr std::string_view unsigned_payload = "UNSIGNED-PAYLOAD";
    const auto* in_query = find_parameter(query, "X-Amz-Content-Sha256");
    const auto header = look_up(head, "x-amz-content-sha256");
    if (header.count > 1)
        return refuse_content_sha256(why, header.value);
    std::string payload_hash(unsigned_payload);
    if (in_query != nullptr)
        payload_hash = in_query->decoded_value();
    else if (std::ranges::find(signed_headers, "x-amz-content-sha256") != signed_headers.end())
        payload_hash = header.value;
    // SDKs add the header after presigning, unsigned: it may promise more about the body than the signature
    // does, so the body is held to it; it cannot promise less.
    const bool promises_more = payload_hash == unsigned_payload && header.count == 1;
    const auto promised = promises_more ? header.value : std::string_view(payload_hash);
    if (in_query != nullptr && header.count == 1 && payload_hash != unsigned_payload &&
        header.value != payload_hash)
        return refuse_content_sha256(why, header.value);
    auto proof = decide_body_proof(promised, head, why);
    LABSTORE_TRY(proof);
    if (is_streaming(proof->mode))
        return refuse_content_sha256(why, promised);
    return presigned_body{std::move(*proof), std::move(payload_hash)};
}

result<sigv2_presigned> parse_sigv2_presigned(std::span<const query_parameter> query, refusal& why) {
    auto access_key = only_value(query, "AWSAccessKeyId");
    auto signature = only_value(query, "Signature");
    auto expires = only_value(query, "Expires");
    if (!access_key || !signature || !expires)
        return why.because(
            errc::access_denied,
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
        );
    const auto expires_at_s = parse_decimal(*expires);
    if (!expires_at_s)
        return why.because(errc::access_denied, "Invalid date (should be seconds since epoch): " + *expires);
    return sigv2_presigned{std::move(*access_key), std::move(*signature), std::move(*expires), *expires_at_s};
}

}  // namespace labstore::auth
