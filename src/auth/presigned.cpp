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

}  // namespace

bool has_sigv4_parameters(std::span<const query_parameter> query) noexcept {
    return has_any(query, sigv4_names);
}

bool has_sigv2_parameters(std::span<const query_parameter> query) noexcept {
    return has_any(query, sigv2_names);
}

result<sigv4_presigned> parse_sigv4_presigned(
    std::span<const query_parameter> query, std::chrono::seconds life_max
) {
    const auto algorithm = only_value(query, "X-Amz-Algorithm");
    if (algorithm == sigv4a_algorithm)
        return errc::unsupported_signature;
    auto credential = only_value(query, "X-Amz-Credential");
    auto date = only_value(query, "X-Amz-Date");
    const auto expires = only_value(query, "X-Amz-Expires");
    auto signed_headers = only_value(query, "X-Amz-SignedHeaders");
    auto signature = only_value(query, "X-Amz-Signature");
    if (algorithm != sigv4_algorithm || !credential || !date || !expires || !signed_headers || !signature)
        return errc::authorization_query_parameters_error;
    if (count_parameter(query, "X-Amz-Security-Token") > 1 ||
        count_parameter(query, "X-Amz-Content-Sha256") > 1)
        return errc::authorization_query_parameters_error;
    // wall_time does not reach back as far as the years that can be written.
    const auto signed_at = *date >= "1970" ? parse_amz_date(*date) : std::nullopt;
    const auto life = parse_decimal(*expires);
    if (!signed_at || !life || *life < 1 || *life > static_cast<std::uint64_t>(life_max.count()))
        return errc::authorization_query_parameters_error;
    return sigv4_presigned{
        std::move(*credential),
        std::move(*signed_headers),
        std::move(*signature),
        std::move(*date),
        *signed_at,
        std::chrono::seconds(*life),
    };
}

result<presigned_body> decide_presigned_body(
    const http::request_head& head,
    std::span<const query_parameter> query,
    std::span<const std::string_view> signed_headers
) {
    constexpr std::string_view unsigned_payload = "UNSIGNED-PAYLOAD";
    const auto* in_query = find_parameter(query, "X-Amz-Content-Sha256");
    const auto header = look_up(head, "x-amz-content-sha256");
    if (header.count > 1)
        return errc::invalid_content_sha256;
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
        return errc::invalid_content_sha256;
    auto proof = decide_body_proof(promised, head);
    LABSTORE_TRY(proof);
    if (is_streaming(proof->mode))
        return errc::invalid_content_sha256;
    return presigned_body{std::move(*proof), std::move(payload_hash)};
}

result<sigv2_presigned> parse_sigv2_presigned(std::span<const query_parameter> query) {
    auto access_key = only_value(query, "AWSAccessKeyId");
    auto signature = only_value(query, "Signature");
    auto expires = only_value(query, "Expires");
    if (!access_key || !signature || !expires)
        return errc::access_denied;
    const auto expires_at_s = parse_decimal(*expires);
    if (!expires_at_s)
        return errc::access_denied;
    return sigv2_presigned{std::move(*access_key), std::move(*signature), std::move(*expires), *expires_at_s};
}

}  // namespace labstore::auth
