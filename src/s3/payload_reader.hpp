#pragma once

#include "s3/call.hpp"

#include <memory>
#include <optional>
#include <string>

namespace labstore::s3 {

/// The body of one request with its transfer framing and its aws-chunked framing taken off. In the plain modes
/// bytes go straight into the caller's room; nothing is proved before `finish`.
class payload_reader {
  public:
    explicit payload_reader(call& request);

    /// Up to room.size() bytes, 0 at the end.
    awaitable<result<std::size_t>> read(mutable_byte_span room);

    /// After the end: chunk signatures and lengths hold. Proves nothing about digests.
    [[nodiscard]] result<void> finish();

    /// A trailer by its lower-case name, after `finish`.
    [[nodiscard]] std::optional<std::string_view> trailer(std::string_view name) const noexcept;

  private:
    awaitable<result<std::size_t>> read_chunked(mutable_byte_span room);

    http::exchange& exchange_;
    std::unique_ptr<auth::payload_decoder> decoder_;  // of the streaming modes
    std::unique_ptr<std::byte[]> raw_;                // what arrived and is not decoded yet
    std::size_t raw_start_ = 0;
    std::size_t raw_end_ = 0;
};

/// What the headers claim about a body and the hashes that have to be computed for it.
struct body_claims {
    std::optional<std::string> content_md5;              // raw
    std::optional<storage::checksum_value> checksum;     // declared in a header
    std::optional<crypto::checksum_algorithm> declared;  // in a header or to come as a trailer
    bool in_trailer = false;
};

/// Content-MD5, x-amz-checksum-*, x-amz-trailer, x-amz-sdk-checksum-algorithm. invalid_digest,
/// invalid_request, not_implemented; bad_checksum for a value that cannot be one, for it can only mismatch.
[[nodiscard]] result<body_claims> body_claims_of(call& request);

/// Content-MD5 alone, for a document whose x-amz-checksum-* headers speak of something else. invalid_digest.
[[nodiscard]] result<body_claims> md5_claim_of(call& request);

struct body_proof {
    std::string etag;                                 // MD5, 32 hex digits
    std::optional<storage::checksum_value> checksum;  // the declared one, or the one asked to be computed
    std::optional<storage::checksum_value> extra;     // the one asked for beside the declared one
};

/// Hashes each byte once while it is warm and holds the result against the claims. The MD5 is computed elsewhere.
/// Belongs to one request.
class body_prover {
  public:
    /// `wanted`: an algorithm whose value the caller needs, whether it was declared or not.
    body_prover(
        body_claims claims,
        std::optional<crypto::sha256_digest> signed_hash,
        std::optional<crypto::checksum_algorithm> wanted
    );

    void update(byte_span bytes);

    /// content_sha256_mismatch, bad_digest, bad_checksum, malformed_trailer.
    /// Without an MD5 there is no ETag, and nothing may claim one.
    [[nodiscard]] result<body_proof> finish(
        call& request, const payload_reader& body, std::optional<crypto::md5_digest> md5
    );

  private:
    [[nodiscard]] result<void> check_declared(
        call& request, const payload_reader& body, const std::string& computed
    ) const;

    body_claims claims_;
    std::optional<crypto::sha256_digest> signed_hash_;
    std::optional<crypto::checksum_algorithm> wanted_;
    std::optional<crypto::digest> sha256_;      // for the signed hash and for a SHA256 checksum
    std::optional<crypto::checksum> declared_;  // any other declared checksum
    std::optional<crypto::checksum> extra_;     // `wanted` where it is another one
};

/// The size the body announces, after decoding. missing_content_length when it announces nothing it must;
/// nullopt for a chunked body without x-amz-decoded-content-length.
[[nodiscard]] result<std::optional<std::uint64_t>> announced_size(call& request);

/// Fills `stream` with the whole body, of `size_bytes` where that is known, and proves it. entity_too_large past options::put_size_bytes_max.
awaitable<result<body_proof>> receive_upload(
    call& request,
    storage::upload_stream& stream,
    std::optional<std::uint64_t> size_bytes,
    body_claims claims,
    std::optional<crypto::checksum_algorithm> wanted
);

/// A small document, proved like any body. max_message_exceeded past `size_bytes_max`, slow_down when the documents in
/// flight have used up their memory.
awaitable<result<std::string>> receive_document(
    call& request, body_claims claims, std::size_t size_bytes_max
);
/// The same, with the claims of its headers.
awaitable<result<std::string>> receive_document(call& request, std::size_t size_bytes_max);

}  // namespace labstore::s3
