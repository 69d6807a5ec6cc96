#include "auth/body_proof.hpp"

#include "auth/head_lookup.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace labstore::auth {
namespace {

struct named_mode {
    std::string_view value;
    body_mode mode;
};

constexpr std::array<named_mode, 4> named_modes{{
    {"UNSIGNED-PAYLOAD", body_mode::unsigned_payload},
    {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", body_mode::streaming_signed},
    {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", body_mode::streaming_signed_trailer},
    {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", body_mode::streaming_unsigned_trailer},
}};

bool has_trailer(body_mode mode) noexcept {
    return mode == body_mode::streaming_signed_trailer || mode == body_mode::streaming_unsigned_trailer;
}

std::optional<crypto::sha256_digest> parse_digest(std::string_view text) {
    const auto is_lower_hex = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    };
    crypto::sha256_digest digest{};
    if (text.size() != digest.size() * 2 || !std::ranges::all_of(text, is_lower_hex))
        return std::nullopt;
    const auto raw = from_hex(text);
    std::memcpy(digest.data(), raw->data(), digest.size());
    return digest;
}

/// x-amz-trailer may hold a list, and may itself be repeated.
result<std::vector<std::string>> parse_trailer_names(const http::request_head& head, refusal& why) {
    std::vector<std::string> names;
    for (const auto& field : head.headers) {
        if (!equal_ignoring_case(field.name, "x-amz-trailer"))
            continue;
        auto rest = field.value;
        while (true) {
            const auto end = std::min(rest.find(','), rest.size());
            auto name = to_lower(trim(rest.substr(0, end)));
            if (!is_trailer_name(name) || std::ranges::count(names, name) != 0)
                return why.because(
                    errc::invalid_request, "The value specified in the x-amz-trailer header is not supported"
                );
            names.push_back(std::move(name));
            if (end == rest.size())
                break;
            rest.remove_prefix(end + 1);
        }
    }
    return names;
}

result<std::uint64_t> parse_decoded_size(const http::request_head& head, refusal& why) {
    constexpr std::string_view name = "x-amz-decoded-content-length";
    const auto field = look_up(head, name);
    if (field.count == 0)
        return errc::missing_content_length;
    const auto size = parse_decimal(field.value);
    if (!field.is_single() || !size)
        return why.with("ArgumentName", std::string(name))
            .with("ArgumentValue", std::string(field.value))
            .because(errc::missing_content_length);
    return *size;
}

}  // namespace

bool is_trailer_name(std::string_view name) noexcept {
    constexpr std::string_view prefix = "x-amz-checksum-";
    return name.starts_with(prefix) && crypto::parse_checksum_name(name.substr(prefix.size())).has_value();
}

error_code refuse_content_sha256(refusal& why, std::string_view value) {
    return why.with("ArgumentName", "x-amz-content-sha256")
        .with("ArgumentValue", std::string(value))
        .because(errc::invalid_content_sha256);
}

result<body_proof> decide_body_proof(
    std::string_view content_sha256, const http::request_head& head, refusal& why
) {
    body_proof proof;
    const auto named = std::ranges::find(named_modes, content_sha256, &named_mode::value);
    if (named != named_modes.end()) {
        proof.mode = named->mode;
    } else if (content_sha256.starts_with("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD")) {
        return errc::unsupported_signature;
    } else {
        proof.mode = body_mode::hashed;
        proof.payload_hash = parse_digest(content_sha256);
        if (!proof.payload_hash)
            return refuse_content_sha256(why, content_sha256);
    }
    auto trailer_names = parse_trailer_names(head, why);
    LABSTORE_TRY(trailer_names);
    // A trailer announced in a mode without trailers would be taken for checked by the client, and never be.
    if (!trailer_names->empty() && !has_trailer(proof.mode))
        return why.because(
            errc::invalid_request, "x-amz-trailer needs an x-amz-content-sha256 that announces a trailer"
        );
    proof.trailer_names = std::move(*trailer_names);
    if (is_streaming(proof.mode)) {
        const auto size = parse_decoded_size(head, why);
        LABSTORE_TRY(size);
        proof.decoded_size_bytes = *size;
    }
    return proof;
}

}  // namespace labstore::auth
