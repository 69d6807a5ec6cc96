// Writes aws-chunked bodies in the forms that clients write them.
#pragma once

#include "unit/auth/signed_request.hpp"

#include "labstore/auth.hpp"

#include <string>
#include <utility>
#include <vector>

namespace labstore::auth::testing {

inline signature_text filled_with(char digit) {
    signature_text out;
    out.fill(digit);
    return out;
}

/// A request as `verify` would have let it through.
inline verified_request make_streaming(
    body_mode mode, std::uint64_t decoded_size, std::vector<std::string> trailer_names = {}
) {
    verified_request request;
    request.mode = mode;
    request.decoded_size_bytes = decoded_size;
    request.trailer_names = std::move(trailer_names);
    if (mode != body_mode::streaming_unsigned_trailer)
        request.chunks = chunk_seed{
            derive_signing_key(crypto::secret(std::string(test_secret_key)), "20260802", "us-east-1", "s3"),
            filled_with('5'),
            "20260802T120000Z",
            "20260802/us-east-1/s3/aws4_request",
        };
    return request;
}

class chunked_body {
  public:
    explicit chunked_body(const verified_request& request) : request_(request) {
        if (request.chunks)
            previous_ = as_text(request.chunks->seed_signature);
    }

    chunked_body& chunk(std::string_view data) {
        text_ += size_in_hex(data.size());
        if (request_.chunks)
            text_ += ";chunk-signature=" +
                     sign(
                         "AWS4-HMAC-SHA256-PAYLOAD",
                         std::string(empty_sha256) + "\n" + to_hex(crypto::sha256(as_bytes(data)))
                     );
        text_ += "\r\n";
        text_ += data;
        if (!data.empty())
            text_ += "\r\n";
        return *this;
    }

    /// The lines of the trailer as they go over the wire, and the text that is signed.
    chunked_body& trailer(std::string_view wire, std::string_view canonical) {
        text_ += wire;
        if (request_.chunks)
            text_ += "x-amz-trailer-signature:" +
                     sign("AWS4-HMAC-SHA256-TRAILER", to_hex(crypto::sha256(as_bytes(canonical)))) + "\r\n";
        return *this;
    }

    chunked_body& raw(std::string_view text) {
        text_ += text;
        return *this;
    }

    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    static std::string size_in_hex(std::size_t size) {
        std::string out;
        do {
            out.insert(out.begin(), "0123456789abcdef"[size % 16]);
            size /= 16;
        } while (size != 0);
        return out;
    }

    std::string sign(std::string_view algorithm, const std::string& tail) {
        const auto& seed = *request_.chunks;
        const auto text = std::string(algorithm) + "\n" + seed.amz_date + "\n" + seed.scope + "\n" +
                          previous_ + "\n" + tail;
        previous_ = signature_of(seed.signing_key, text);
        return previous_;
    }

    const verified_request& request_;
    std::string previous_;
    std::string text_;
};

struct decoded {
    errc error = errc::ok;
    std::string data;
    std::vector<std::pair<std::string, std::string>> trailers;
};

/// Feeds the body in pieces of at most `input_max` into outputs of `output_max`.
inline decoded decode_all(
    const verified_request& request,
    std::string_view body,
    std::size_t input_max = 1 << 20,
    std::size_t output_max = 1 << 16
) {
    const auto decoder = make_payload_decoder(request);
    decoded out;
    std::vector<std::byte> room(output_max);
    std::size_t stalls = 0;
    while (!body.empty()) {
        const auto piece = body.substr(0, input_max);
        const auto step = decoder->decode(as_bytes(piece), room);
        if (!step) {
            out.error = to_errc(step.error());
            return out;
        }
        out.data += as_text(byte_span(room).first(step->produced));
        body.remove_prefix(step->consumed);
        stalls = step->consumed == 0 ? stalls + 1 : 0;
        LABSTORE_ASSERT(stalls < 2);
    }
    if (const auto done = decoder->finish(); !done)
        out.error = to_errc(done.error());
    out.trailers = decoder->trailers();
    LABSTORE_ASSERT(out.error != errc::ok || decoder->finished());
    return out;
}

}  // namespace labstore::auth::testing
