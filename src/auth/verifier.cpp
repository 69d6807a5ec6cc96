// The one gate: every request passes `verify`, and nothing else makes a `verified_request`.
#include "labstore/auth.hpp"

#include "auth/authorization.hpp"
#include "auth/body_proof.hpp"
#include "auth/canonical.hpp"
#include "auth/head_lookup.hpp"
#include "auth/presigned.hpp"
#include "auth/refusals.hpp"
#include "auth/scope.hpp"
#include "auth/signing_keys.hpp"
#include "auth/sigv2.hpp"
#include "auth/sigv4.hpp"

#include <algorithm>
#include <array>

namespace labstore::auth {
namespace {

/// Nobody's secret: what unknown access keys are computed with, so that they cost what a wrong signature
/// costs.
crypto::secret random_secret() {
    std::array<std::byte, 32> bytes{};
    fill_random(bytes);
    return crypto::secret(to_hex(bytes));
}

using credential_ptr = std::shared_ptr<const credential>;

class signature_verifier final : public verifier {
  public:
    signature_verifier(options settings, const credential_source& credentials, const clock& time)
        : settings_(std::move(settings)),
          credentials_(credentials),
          time_(time),
          nobody_(random_secret()),
          keys_(settings_.region, std::string(signing_service), settings_.signing_keys_max) {}

    result<verified_request> verify(const http::request_head& head, refusal& why) override;

  private:
    using parameters = std::vector<query_parameter>;

    result<verified_request> verify_sigv4_header(
        const http::request_head& head, std::string_view authorization, parameters& query, refusal& why
    );
    result<verified_request> verify_sigv4_query(
        const http::request_head& head, parameters& query, refusal& why
    );
    result<verified_request> verify_sigv2_header(
        const http::request_head& head, std::string_view authorization, const parameters& query, refusal& why
    );
    result<verified_request> verify_sigv2_query(
        const http::request_head& head, const parameters& query, refusal& why
    );

    /// Not further from now than the clocks may be apart.
    result<void> require_recent(wall_time signed_at, const http::request_head& head, refusal& why) const;

    struct sigv4_claim {
        credential_scope scope;
        std::string_view amz_date;
        std::string_view signature;
    };

    result<verified_request> prove_sigv4(
        const sigv4_claim& claim, const sigv4_statement& statement, body_proof proof, refusal& why
    );
    result<verified_request> prove_sigv2(
        std::string_view access_key,
        std::string_view signature,
        const sigv2_statement& statement,
        body_proof proof,
        refusal& why
    );

    [[nodiscard]] credential_ptr find_credential(std::string_view access_key) const;
    /// Of nobody when the caller is not known.
    [[nodiscard]] crypto::hmac_sha256_key signing_key_for(
        const credential_scope& scope, const credential_ptr& known
    );

    const options settings_;
    const credential_source& credentials_;
    const clock& time_;
    const crypto::secret nobody_;
    signing_keys keys_;
};

verified_request make_verified(const credential_ptr& known, body_proof proof) {
    verified_request verified;
    verified.who = {known, &known->who};
    verified.mode = proof.mode;
    verified.payload_hash = proof.payload_hash;
    verified.decoded_size_bytes = proof.decoded_size_bytes;
    verified.trailer_names = std::move(proof.trailer_names);
    return verified;
}

/// No session tokens are issued, so each one is an invalid one. Asked only after the signature held.
result<void> refuse_session_token(const http::request_head& head, std::span<const query_parameter> query) {
    const bool there = look_up(head, "x-amz-security-token").count != 0 ||
                       find_parameter(query, "X-Amz-Security-Token") != nullptr ||
                       find_parameter(query, "x-amz-security-token") != nullptr;
    if (there)
        return errc::invalid_token;
    return {};
}

result<verified_request> signature_verifier::verify(const http::request_head& head, refusal& why) {
    const auto authorization = look_up(head, "authorization");
    auto query = parse_query(head.query);
    LABSTORE_TRY(query);
    const bool sigv4_query = has_sigv4_parameters(*query);
    const bool sigv2_query = has_sigv2_parameters(*query);
    if (authorization.count + (sigv4_query ? 1 : 0) + (sigv2_query ? 1 : 0) > 1)
        return errc::auth_type_conflict;
    if (sigv4_query)
        return verify_sigv4_query(head, *query, why);
    if (sigv2_query)
        return verify_sigv2_query(head, *query, why);
    if (authorization.value.empty())
        return errc::anonymous_denied;
    if (authorization.value.starts_with("AWS4-"))
        return verify_sigv4_header(head, authorization.value, *query, why);
    if (authorization.value.starts_with("AWS "))
        return verify_sigv2_header(head, authorization.value, *query, why);
    // The scheme alone: what stands behind it is somebody's credential.
    const auto scheme = authorization.value.substr(0, authorization.value.find(' '));
    return why.with("ArgumentName", "Authorization")
        .with("ArgumentValue", std::string(scheme))
        .because(errc::invalid_argument, "Unsupported Authorization Type");
}

result<void> signature_verifier::require_recent(
    wall_time signed_at, const http::request_head& head, refusal& why
) const {
    const auto now = time_.now();
    if (signed_at > now + settings_.clock_skew_max || signed_at < now - settings_.clock_skew_max)
        return refuse_skewed(why, find_date(head).value, now, settings_.clock_skew_max);
    return {};
}

credential_ptr signature_verifier::find_credential(std::string_view access_key) const {
    auto known = credentials_.find(access_key);
    // An account without a secret must not be one that everybody can sign for.
    if (known && known->secret_key.empty())
        known.reset();
    return known;
}

result<verified_request> signature_verifier::verify_sigv4_header(
    const http::request_head& head, std::string_view authorization, parameters& query, refusal& why
) {
    const auto parsed = parse_sigv4_authorization(authorization, why);
    LABSTORE_TRY(parsed);
    const auto signed_at = find_signing_time(head);
    LABSTORE_TRY(signed_at);
    const bool any_region = asks_bucket_location(head, query, settings_.domains);
    LABSTORE_TRY(require_scope(
        parsed->scope, as_text(signed_at->amz_date), settings_.region, any_region, scope_place::header, why
    ));
    LABSTORE_TRY(require_recent(signed_at->time, head, why));
    const auto content_sha256 = look_up(head, "x-amz-content-sha256");
    if (content_sha256.count == 0)
        return why.because(
            errc::invalid_request, "Missing required header for this request: x-amz-content-sha256"
        );
    if (!content_sha256.is_single())
        return refuse_content_sha256(why, content_sha256.value);
    auto proof = decide_body_proof(content_sha256.value, head, why);
    LABSTORE_TRY(proof);
    LABSTORE_TRY(
        require_amz_headers_signed(head, parsed->signed_headers, content_sha256_rule::must_be_signed, why)
    );
    sort_query(query);
    return prove_sigv4(
        {parsed->scope, as_text(signed_at->amz_date), parsed->signature},
        {head, query, parsed->signed_headers, content_sha256.value},
        std::move(*proof),
        why
    );
}

result<verified_request> signature_verifier::verify_sigv4_query(
    const http::request_head& head, parameters& query, refusal& why
) {
    const auto presigned = parse_sigv4_presigned(query, settings_.presigned_life_max, why);
    LABSTORE_TRY(presigned);
    const auto scope = parse_credential(presigned->credential);
    const auto signed_headers = parse_signed_headers(presigned->signed_headers);
    if (!scope)
        return why.because(
            errc::authorization_query_parameters_error,
            "Error parsing the X-Amz-Credential parameter; " + std::string(malformed_credential)
        );
    if (!signed_headers)
        return why.because(
            errc::authorization_query_parameters_error, "X-Amz-" + std::string(malformed_signed_headers)
        );
    const bool any_region = asks_bucket_location(head, query, settings_.domains);
    LABSTORE_TRY(
        require_scope(*scope, presigned->amz_date, settings_.region, any_region, scope_place::query, why)
    );
    const auto now = time_.now();
    if (presigned->signed_at > now + settings_.clock_skew_max)
        return refuse_early(why, presigned->signed_at, now);
    const auto end = presigned->signed_at + presigned->life;
    if (now > end)
        return refuse_expired(why.with("X-Amz-Expires", std::to_string(presigned->life.count())), end, now);
    LABSTORE_TRY(require_amz_headers_signed(head, *signed_headers, content_sha256_rule::may_be_unsigned, why)
    );
    auto body = decide_presigned_body(head, query, *signed_headers, why);
    LABSTORE_TRY(body);
    sort_query(query);
    auto verified = prove_sigv4(
        {*scope, presigned->amz_date, presigned->signature},
        {head, query, *signed_headers, body->payload_hash},
        std::move(body->proof),
        why
    );
    LABSTORE_TRY(verified);
    verified->presigned = true;
    return verified;
}

crypto::hmac_sha256_key signature_verifier::signing_key_for(
    const credential_scope& scope, const credential_ptr& known
) {
    const auto& secret_key = known ? known->secret_key : nobody_;
    // Anybody can name a region, so only keys of our own are worth a place in the cache.
    if (scope.region != settings_.region)
        return derive_signing_key(secret_key, scope.date, scope.region, scope.service);
    // The empty access key is nobody's: its cached keys make an unknown caller cost what a known one costs.
    return keys_.get(known ? scope.access_key : std::string_view(), secret_key, scope.date);
}

result<verified_request> signature_verifier::prove_sigv4(
    const sigv4_claim& claim, const sigv4_statement& statement, body_proof proof, refusal& why
) {
    auto& [canonical, text] = sigv4_texts_of_thread();
    LABSTORE_TRY(write_canonical_request(canonical, statement));
    write_string_to_sign(text, claim.amz_date, claim.scope.text, canonical);
    const auto known = find_credential(claim.scope.access_key);
    const auto signing_key = signing_key_for(claim.scope, known);
    const auto expected = sign_sigv4(signing_key, text);
    const bool matches = crypto::equal_constant_time(as_text(expected), claim.signature);
    if (!known)
        return refuse_unknown_key(why, claim.scope.access_key);
    if (!matches)
        return refuse_signature(why, {claim.scope.access_key, text, claim.signature, canonical});
    LABSTORE_TRY(refuse_session_token(statement.head, statement.sorted_query));
    auto verified = make_verified(known, std::move(proof));
    const bool signs_chunks =
        verified.mode == body_mode::streaming_signed || verified.mode == body_mode::streaming_signed_trailer;
    if (signs_chunks)
        verified.chunks = chunk_seed{
            signing_key,
            expected,
            std::string(claim.amz_date),
            std::string(claim.scope.text),
        };
    return verified;
}

result<verified_request> signature_verifier::verify_sigv2_header(
    const http::request_head& head, std::string_view authorization, const parameters& query, refusal& why
) {
    if (!settings_.allow_sigv2)
        return errc::unsupported_signature;
    const auto parsed = parse_sigv2_authorization(authorization, why);
    LABSTORE_TRY(parsed);
    const auto signed_at = find_signing_time(head);
    LABSTORE_TRY(signed_at);
    LABSTORE_TRY(require_recent(signed_at->time, head, why));
    // With x-amz-date the Date line is empty: the proxy-proof date is signed among the x-amz-* headers.
    const bool has_amz_date = look_up(head, "x-amz-date").count != 0;
    const auto date_line = has_amz_date ? std::string_view() : look_up(head, "date").value;
    const auto content_sha256 = look_up(head, "x-amz-content-sha256");
    auto proof =
        decide_body_proof(content_sha256.count == 0 ? "UNSIGNED-PAYLOAD" : content_sha256.value, head, why);
    LABSTORE_TRY(proof);
    // There is no seed that chunk signatures could continue from.
    const bool signs_chunks =
        proof->mode == body_mode::streaming_signed || proof->mode == body_mode::streaming_signed_trailer;
    if (content_sha256.count > 1 || signs_chunks)
        return refuse_content_sha256(why, content_sha256.value);
    LABSTORE_TRY(require_query_signed(head, query, why));
    const auto bucket = virtual_host_bucket(head.host, settings_.domains);
    return prove_sigv2(
        parsed->access_key, parsed->signature, {head, query, date_line, bucket, {}}, std::move(*proof), why
    );
}

result<verified_request> signature_verifier::verify_sigv2_query(
    const http::request_head& head, const parameters& query, refusal& why
) {
    if (!settings_.allow_sigv2)
        return errc::unsupported_signature;
    const auto presigned = parse_sigv2_presigned(query, why);
    LABSTORE_TRY(presigned);
    const auto now = time_.now();
    const auto now_s = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    if (now_s < 0)
        return errc::request_expired;
    if (static_cast<std::uint64_t>(now_s) > presigned->expires_at_s)
        return refuse_expired(why, wall_time(std::chrono::seconds(presigned->expires_at_s)), now);
    const auto content_sha256 = look_up(head, "x-amz-content-sha256");
    auto proof =
        decide_body_proof(content_sha256.count == 0 ? "UNSIGNED-PAYLOAD" : content_sha256.value, head, why);
    LABSTORE_TRY(proof);
    if (content_sha256.count > 1 || is_streaming(proof->mode))
        return refuse_content_sha256(why, content_sha256.value);
    LABSTORE_TRY(require_query_signed(head, query, why));
    const auto bucket = virtual_host_bucket(head.host, settings_.domains);
    auto verified = prove_sigv2(
        presigned->access_key,
        presigned->signature,
        {head, query, presigned->expires, bucket, {}},
        std::move(*proof),
        why
    );
    LABSTORE_TRY(verified);
    verified->presigned = true;
    return verified;
}

result<verified_request> signature_verifier::prove_sigv2(
    std::string_view access_key,
    std::string_view signature,
    const sigv2_statement& statement,
    body_proof proof,
    refusal& why
) {
    const auto text = sigv2_string_to_sign(statement);
    LABSTORE_TRY(text);
    auto other = statement;
    other.path_end = other_path_end(statement.head.path, statement.virtual_host_bucket);
    const auto other_text = sigv2_string_to_sign(other);
    LABSTORE_TRY(other_text);
    const auto known = find_credential(access_key);
    const auto& secret_key = known ? known->secret_key : nobody_;
    bool matches = crypto::equal_constant_time(sign_sigv2(secret_key, *text), signature);
    matches |= crypto::equal_constant_time(sign_sigv2(secret_key, *other_text), signature);
    if (!known)
        return refuse_unknown_key(why, access_key);
    if (!matches)
        return refuse_signature(why, {access_key, *text, signature, {}});
    LABSTORE_TRY(refuse_session_token(statement.head, statement.query));
    return make_verified(known, std::move(proof));
}

}  // namespace

std::unique_ptr<verifier> make_verifier(
    options settings, const credential_source& credentials, const clock& time
) {
    return std::make_unique<signature_verifier>(std::move(settings), credentials, time);
}

}  // namespace labstore::auth
