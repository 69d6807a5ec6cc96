#include "auth/authorization.hpp"
#include "auth/signing_keys.hpp"
#include "auth/sigv4.hpp"

#include "labstore/auth.hpp"

#include <string>

namespace labstore::auth {
namespace {

constexpr std::string_view unsigned_payload_text = "UNSIGNED-PAYLOAD";
constexpr std::size_t day_digits = 8;

void append_joined(std::string& out, std::span<const std::string_view> names, std::string_view separator) {
    bool first = true;
    for (const auto name : names) {
        if (!first)
            out.append(separator);
        first = false;
        out.append(name);
    }
}

}  // namespace

client_signer::client_signer(
    std::string access_key, crypto::secret secret_key, std::string region, std::string service
)
    : access_key_(std::move(access_key)),
      secret_key_(std::move(secret_key)),
      region_(std::move(region)),
      service_(std::move(service)) {}

void client_signer::renew(std::string_view amz_date) {
    const auto day = amz_date.substr(0, day_digits);
    if (day == day_)
        return;
    day_ = day;
    scope_ = day_ + "/" + region_ + "/" + service_ + "/aws4_request";
    signing_key_ = derive_signing_key(secret_key_, day_, region_, service_);
}

result<signature_text> client_signer::sign(
    const http::request_head& head,
    std::span<const std::string_view> signed_headers,
    std::string_view payload_hash,
    std::string_view amz_date
) const {
    std::vector<query_parameter> query;
    if (!head.query.empty()) {
        auto parsed = parse_query(head.query);
        LABSTORE_TRY(parsed);
        query = std::move(*parsed);
        sort_query(query);
    }
    auto& [canonical, text] = sigv4_texts_of_thread();
    LABSTORE_TRY(write_canonical_request(canonical, {head, query, signed_headers, payload_hash}));
    write_string_to_sign(text, amz_date, scope_, canonical);
    return sign_sigv4(*signing_key_, text);
}

result<void> client_signer::append_authorization(
    std::string& out,
    const http::request_head& head,
    std::span<const std::string_view> signed_headers,
    std::string_view payload_hash,
    std::string_view amz_date
) {
    renew(amz_date);
    const auto signature = sign(head, signed_headers, payload_hash, amz_date);
    LABSTORE_TRY(signature);
    out.append(sigv4_algorithm).append(" Credential=").append(access_key_).append("/").append(scope_);
    out.append(", SignedHeaders=");
    append_joined(out, signed_headers, ";");
    out.append(", Signature=").append(as_text(*signature));
    return {};
}

result<void> client_signer::append_presigned_query(
    std::string& out,
    const http::request_head& head,
    std::span<const std::string_view> signed_headers,
    std::string_view amz_date,
    std::chrono::seconds life
) {
    renew(amz_date);
    std::string query(head.query);
    query.append(query.empty() ? "" : "&").append("X-Amz-Algorithm=").append(sigv4_algorithm);
    query.append("&X-Amz-Credential=").append(percent_encode(access_key_ + "/" + scope_, keep_slash::no));
    query.append("&X-Amz-Date=").append(amz_date);
    query.append("&X-Amz-Expires=").append(std::to_string(life.count())).append("&X-Amz-SignedHeaders=");
    append_joined(query, signed_headers, "%3B");
    auto presigned = head;
    presigned.query = query;
    presigned.has_query = true;
    const auto signature = sign(presigned, signed_headers, unsigned_payload_text, amz_date);
    LABSTORE_TRY(signature);
    out.append(query).append("&X-Amz-Signature=").append(as_text(*signature));
    return {};
}

}  // namespace labstore::auth
