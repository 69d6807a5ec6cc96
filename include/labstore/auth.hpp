// Job:          who is calling: SigV4 and SigV2 in header and query, and what the body must prove.
// In a request: between http and s3; nothing is routed before `verify` has spoken, handlers get identity
//               nowhere else. `client_signer` is the other side: what a client of ours sends.
// May use:      base, crypto, observability, http (heads only).
// Threads:      `verifier` is shared by all I/O threads; a `payload_decoder` belongs to one request.
// Failure:      the authentication values of errc, as AWS answers them; a `refusal` has what AWS says beside them.
#pragma once

#include "labstore/base.hpp"
#include "labstore/crypto.hpp"
#include "labstore/http.hpp"

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace labstore::auth {

struct identity {
    std::string access_key;
    std::string account_id;  // canonical id, 64 hex digits
    std::string display_name;
};

struct credential {
    identity who;
    crypto::secret secret_key;
};

/// Where credentials come from; supplied by server. Thread-safe; `find` must not wait for a disk.
class credential_source {
  public:
    virtual ~credential_source() = default;
    /// nullptr for an unknown one. Requests share it and may outlive its removal.
    [[nodiscard]] virtual std::shared_ptr<const credential> find(std::string_view access_key) const = 0;
};

/// A SigV4 signature: 64 hex digits.
using signature_text = std::array<char, 64>;

/// The closed set of what a body must prove, decided once, before routing.
enum class body_mode {
    hashed,                      // x-amz-content-sha256 is the body's digest
    unsigned_payload,            // UNSIGNED-PAYLOAD, SigV2, and presigned URLs without a digest
    streaming_signed,            // STREAMING-AWS4-HMAC-SHA256-PAYLOAD
    streaming_signed_trailer,    // STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER
    streaming_unsigned_trailer,  // STREAMING-UNSIGNED-PAYLOAD-TRAILER
};

[[nodiscard]] inline bool is_streaming(body_mode mode) noexcept {
    return mode >= body_mode::streaming_signed;
}

/// What chunk signatures continue from. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
struct chunk_seed {
    crypto::hmac_sha256_key signing_key;
    signature_text seed_signature;
    std::string amz_date;
    std::string scope;
};

/// The only object that carries an identity. Made by `verifier::verify` alone.
struct verified_request {
    std::shared_ptr<const identity> who;  // never nullptr
    body_mode mode = body_mode::unsigned_payload;
    std::optional<crypto::sha256_digest> payload_hash;  // with body_mode::hashed
    std::optional<chunk_seed> chunks;                   // with the two signed streaming modes
    std::optional<std::uint64_t> decoded_size_bytes;    // x-amz-decoded-content-length
    std::vector<std::string> trailer_names;             // x-amz-trailer, lower case
    bool presigned = false;
};

struct options {
    std::string region = "us-east-1";
    std::chrono::minutes clock_skew_max{15};
    std::chrono::seconds presigned_life_max{7 * 24 * 3600};
    bool allow_sigv2 = true;
    std::vector<std::string> domains;     // virtual-host style: SigV2 signs the bucket of the Host
    std::size_t signing_keys_max = 1024;  // cached per credential, day, region and service
};

/// The bucket that a Host names in virtual-host style: what stands before the longest of `domains` it ends with, lower
/// case and without the port. Empty in path style, which a Host that is one of `domains` always is. The one reading of
/// it: SigV2 signs it, s3 routes by it, server asks it whose a path is.
[[nodiscard]] std::string virtual_host_bucket(std::string_view host, std::span<const std::string> domains);

/// What a refusal tells the client beside its errc. Whoever refuses fills it in on the way out, so a request that is let
/// through costs nothing. Holds what the client sent and what the server expects of everybody; never a secret, nor a
/// signature other than the client's own.
class refusal {
  public:
    /// `name` is a literal: that of an element of AWS's error document.
    refusal& with(std::string_view name, std::string value) {
        elements_.emplace_back(name, std::move(value));
        return *this;
    }

    [[nodiscard]] error_code because(errc error, std::string message = {}) {
        message_ = std::move(message);
        return make_error_code(error);
    }

    /// Instead of the general message of the errc; empty keeps that.
    [[nodiscard]] std::string& message() noexcept { return message_; }

    [[nodiscard]] std::vector<std::pair<std::string_view, std::string>>& elements() noexcept {
        return elements_;
    }

  private:
    std::string message_;
    std::vector<std::pair<std::string_view, std::string>> elements_;
};

class verifier {
  public:
    virtual ~verifier() = default;
    /// `anonymous_denied` when the request carries no credentials at all. `why` is empty when called, and stays so
    /// unless the answer is an error.
    [[nodiscard]] virtual result<verified_request> verify(const http::request_head& head, refusal& why) = 0;
};

[[nodiscard]] std::unique_ptr<verifier> make_verifier(
    options settings, const credential_source& credentials, const clock& time
);

/// Takes aws-chunked framing apart and proves it: chunk signatures, declared trailers and their signature,
/// the exact decoded length, the final chunk. Does no I/O.
class payload_decoder {
  public:
    virtual ~payload_decoder() = default;

    struct progress {
        std::size_t consumed = 0;  // of the input
        std::size_t produced = 0;  // into the output
    };

    /// Decodes from `input` into `output` until either is used up. Bytes handed out before `finished` are not
    /// proved yet: nothing made of them may become visible before `finish` answers ok. malformed_chunk,
    /// malformed_trailer, chunk_signature_mismatch, incomplete_body.
    [[nodiscard]] virtual result<progress> decode(byte_span input, mutable_byte_span output) = 0;
    [[nodiscard]] virtual bool finished() const noexcept = 0;
    /// Called once the input has ended: an error unless everything was there and proved.
    [[nodiscard]] virtual result<void> finish() = 0;
    /// Name (lower case) and value of each trailer; complete after `finish`.
    [[nodiscard]] virtual const std::vector<std::pair<std::string, std::string>>& trailers(
    ) const noexcept = 0;
};

/// Signs requests with SigV4 as a client does: for tools of ours that call an S3 server. The signing key is derived
/// once a day. One thread at a time; a signature costs some six short SHA-256 messages.
class client_signer {
  public:
    client_signer(
        std::string access_key, crypto::secret secret_key, std::string region, std::string service = "s3"
    );

    /// Appends the value of Authorization. `signed_headers` are sorted, lower case, and all in `head`;
    /// `payload_hash` is the text of x-amz-content-sha256; `amz_date` that of x-amz-date. invalid_uri for a
    /// broken escape in path or query, signature_does_not_match when a header to be signed is absent.
    [[nodiscard]] result<void> append_authorization(
        std::string& out,
        const http::request_head& head,
        std::span<const std::string_view> signed_headers,
        std::string_view payload_hash,
        std::string_view amz_date
    );

    /// Appends the whole query, without '?', of a presigned URL: that of `head`, the X-Amz-* parameters and the
    /// signature. The body goes unsigned. Errors as above.
    [[nodiscard]] result<void> append_presigned_query(
        std::string& out,
        const http::request_head& head,
        std::span<const std::string_view> signed_headers,
        std::string_view amz_date,
        std::chrono::seconds life
    );

  private:
    void renew(std::string_view amz_date);
    [[nodiscard]] result<signature_text> sign(
        const http::request_head& head,
        std::span<const std::string_view> signed_headers,
        std::string_view payload_hash,
        std::string_view amz_date
    ) const;

    std::string access_key_;
    crypto::secret secret_key_;
    std::string region_;
    std::string service_;
    std::string day_;    // of the next two: eight digits
    std::string scope_;  // "20130524/us-east-1/s3/aws4_request"
    std::optional<crypto::hmac_sha256_key> signing_key_;
};

inline constexpr std::size_t chunk_header_bytes_max = 1024;
inline constexpr std::size_t trailer_bytes_max = 4096;

/// For the three streaming modes.
[[nodiscard]] std::unique_ptr<payload_decoder> make_payload_decoder(const verified_request& request);

}  // namespace labstore::auth
