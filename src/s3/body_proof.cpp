#include "s3/checksums.hpp"
#include "s3/payload_reader.hpp"

#include <algorithm>

namespace labstore::s3 {

namespace {

constexpr std::string_view checksum_prefix = "x-amz-checksum-";

/// x-amz-checksum-* headers that say something about checksums without being one.
constexpr std::array<std::string_view, 3> not_values{
    "x-amz-checksum-algorithm", "x-amz-checksum-mode", "x-amz-checksum-type"};

error_code mismatch(call& request, crypto::checksum_algorithm algorithm) {
    const auto name = std::string(crypto::checksum_name(algorithm));
    return request.fail(
        errc::bad_checksum, "The " + name + " you specified did not match the calculated checksum."
    );
}

result<void> claim(call& request, body_claims& claims, std::string_view name, std::string_view value) {
    if (!starts_with_ignoring_case(name, checksum_prefix))
        return {};
    const auto lower = to_lower(name);
    if (std::find(not_values.begin(), not_values.end(), lower) != not_values.end())
        return {};
    const auto algorithm = checksum_of_header(lower);
    if (!algorithm)
        return request.fail(
            errc::not_implemented, "The checksum algorithm of " + lower + " is not implemented."
        );
    if (claims.declared)
        return request.fail(
            errc::invalid_request,
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        );
    claims.declared = algorithm;
    claims.checksum = parse_checksum_text(*algorithm, value);
    if (!claims.checksum || claims.checksum->composite)
        return mismatch(request, *algorithm);
    return {};
}

result<void> claim_headers(call& request, body_claims& claims) {
    for (const auto& field : request.head().headers)
        LABSTORE_TRY(claim(request, claims, field.name, field.value));
    if (request.hoists())
        for (const auto& [name, value] : request.query.all())
            if (!request.head().find(name))
                LABSTORE_TRY(claim(request, claims, name, value));
    return {};
}

result<void> claim_trailers(call& request, body_claims& claims) {
    for (const auto& name : request.caller.trailer_names) {
        const auto algorithm = checksum_of_header(name);
        if (!algorithm)
            continue;
        if (claims.declared)
            return request.fail(
                errc::invalid_request,
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
            );
        claims.declared = algorithm;
        claims.in_trailer = true;
    }
    return {};
}

std::string raw(const crypto::sha256_digest& digest) {
    return std::string(as_text(digest));
}

}  // namespace

result<body_claims> md5_claim_of(call& request) {
    body_claims claims;
    if (const auto md5 = request.head().find("Content-MD5")) {
        claims.content_md5 = from_base64(*md5);
        if (!claims.content_md5 || claims.content_md5->size() != sizeof(crypto::md5_digest))
            return make_error_code(errc::invalid_digest);
    }
    return claims;
}

result<body_claims> body_claims_of(call& request) {
    auto with_md5 = md5_claim_of(request);
    LABSTORE_TRY(with_md5);
    auto& claims = *with_md5;
    LABSTORE_TRY(claim_headers(request, claims));
    LABSTORE_TRY(claim_trailers(request, claims));
    if (const auto named = request.header("x-amz-sdk-checksum-algorithm")) {
        const auto algorithm = crypto::parse_checksum_name(*named);
        if (!algorithm || (claims.declared && claims.declared != algorithm))
            return request.fail(
                errc::invalid_request, "Value for x-amz-sdk-checksum-algorithm header is invalid."
            );
        if (!claims.declared)
            return request.fail(
                errc::invalid_request,
                "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or "
                "x-amz-trailer "
                "headers were found."
            );
    }
    return with_md5;
}

body_prover::body_prover(
    body_claims claims,
    std::optional<crypto::sha256_digest> signed_hash,
    std::optional<crypto::checksum_algorithm> wanted
)
    : claims_(std::move(claims)), signed_hash_(signed_hash), wanted_(wanted) {
    constexpr auto by_sha256 = crypto::checksum_algorithm::sha256;
    if (signed_hash_ || claims_.declared == by_sha256 || wanted_ == by_sha256)
        sha256_.emplace(crypto::digest_kind::sha256);
    if (claims_.declared && claims_.declared != by_sha256)
        declared_.emplace(*claims_.declared);
    if (wanted_ && wanted_ != by_sha256 && wanted_ != claims_.declared)
        extra_.emplace(*wanted_);
}

void body_prover::update(byte_span bytes) {
    if (sha256_)
        sha256_->update(bytes);
    if (declared_)
        declared_->update(bytes);
    if (extra_)
        extra_->update(bytes);
}

result<void> body_prover::check_declared(
    call& request, const payload_reader& body, const std::string& computed
) const {
    auto expected = claims_.checksum;
    if (claims_.in_trailer) {
        const auto value = body.trailer(checksum_header_name(*claims_.declared));
        if (!value)
            return make_error_code(errc::malformed_trailer);
        expected = parse_checksum_text(*claims_.declared, *value);
    }
    if (!expected || expected->composite || expected->bytes != computed)
        return mismatch(request, *claims_.declared);
    return {};
}

result<body_proof> body_prover::finish(
    call& request, const payload_reader& body, std::optional<crypto::md5_digest> md5
) {
    LABSTORE_ASSERT(md5 || !claims_.content_md5);
    body_proof proof;
    const auto sha256 = sha256_ ? sha256_->finish() : std::string{};
    if (signed_hash_ && !crypto::equal_constant_time(sha256, raw(*signed_hash_)))
        return make_error_code(errc::content_sha256_mismatch);
    if (claims_.content_md5 && *claims_.content_md5 != as_text(*md5))
        return make_error_code(errc::bad_digest);
    if (md5)
        proof.etag = to_hex(*md5);
    if (claims_.declared) {
        const auto computed = declared_ ? declared_->finish() : sha256;
        LABSTORE_TRY(check_declared(request, body, computed));
        proof.checksum = storage::checksum_value{*claims_.declared, false, computed};
    }
    if (wanted_ && wanted_ != claims_.declared)
        proof.extra = storage::checksum_value{*wanted_, false, extra_ ? extra_->finish() : sha256};
    return proof;
}

}  // namespace labstore::s3
