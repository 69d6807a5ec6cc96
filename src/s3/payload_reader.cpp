#include "s3/payload_reader.hpp"

#include "s3/checksums.hpp"
#include "s3/md5_station.hpp"

#include <algorithm>

namespace labstore::s3 {

namespace {

constexpr std::size_t raw_buffer_bytes = 64 * KiB;
constexpr std::size_t piece_bytes_max = 128 * KiB;  // hashed while it is in the second-level cache
/// A body's MD5 is taken in pieces of this size or somewhat more, and of the rest. Half of a large body's buffer, so that
/// one half is hashed while the other is read; small objects are one piece.
constexpr std::size_t md5_piece_bytes_min = 128 * KiB;
constexpr std::size_t document_step_bytes = 16 * KiB;

}  // namespace

payload_reader::payload_reader(call& request) : exchange_(request.exchange) {
    if (!auth::is_streaming(request.caller.mode))
        return;
    decoder_ = auth::make_payload_decoder(request.caller);
    raw_ = std::make_unique_for_overwrite<std::byte[]>(raw_buffer_bytes);
}

awaitable<result<std::size_t>> payload_reader::read(mutable_byte_span room) {
    if (decoder_)
        return read_chunked(room);
    return exchange_.read_body(room);
}

awaitable<result<std::size_t>> payload_reader::read_chunked(mutable_byte_span room) {
    while (true) {
        if (raw_start_ == raw_end_) {
            const mutable_byte_span buffer(raw_.get(), raw_buffer_bytes);
            auto pending = exchange_.read_body(buffer);
            const auto got = co_await std::move(pending);
            LABSTORE_CO_TRY(got);
            if (*got == 0)
                co_return std::size_t{0};
            raw_start_ = 0;
            raw_end_ = *got;
        }
        const byte_span input(raw_.get() + raw_start_, raw_end_ - raw_start_);
        const auto step = decoder_->decode(input, room);
        LABSTORE_CO_TRY(step);
        raw_start_ += step->consumed;
        if (step->produced != 0)
            co_return step->produced;
        // Neither side moved although both had room: bytes follow the final chunk.
        if (step->consumed == 0)
            co_return make_error_code(errc::malformed_chunk);
    }
}

result<void> payload_reader::finish() {
    if (decoder_)
        return decoder_->finish();
    return {};
}

std::optional<std::string_view> payload_reader::trailer(std::string_view name) const noexcept {
    if (decoder_)
        for (const auto& [known, value] : decoder_->trailers())
            if (known == name)
                return value;
    return std::nullopt;
}

result<std::optional<std::uint64_t>> announced_size(call& request) {
    if (auth::is_streaming(request.caller.mode)) {
        if (!request.caller.decoded_size_bytes)
            return make_error_code(errc::missing_content_length);
        return request.caller.decoded_size_bytes;
    }
    if (request.exchange.body_undeclared())
        return make_error_code(errc::missing_content_length);
    return request.exchange.body_size_bytes();
}

namespace {

/// Everything but the proof. However it ends, `md5` may still be at work on the stream's buffer.
awaitable<result<void>> fill(
    call& request,
    payload_reader& body,
    storage::upload_stream& stream,
    std::optional<std::uint64_t> size_bytes,
    body_prover& prover,
    body_md5& md5
) {
    byte_span unhashed;
    // In the plain modes http vouches for the length, so nothing is asked for behind the last byte. Behind the
    // last byte of aws-chunked come its final chunk and the trailers.
    const auto enough = auth::is_streaming(request.caller.mode) ? std::nullopt : size_bytes;
    while (!enough || stream.written_bytes() < *enough) {
        auto preparing = stream.prepare();
        const auto room = co_await std::move(preparing);
        LABSTORE_CO_TRY(room);
        const auto piece = room->first(std::min(room->size(), piece_bytes_max));
        auto reading = body.read(piece);
        const auto got = co_await std::move(reading);
        LABSTORE_CO_TRY(got);
        if (*got == 0)
            break;
        prover.update(piece.first(*got));
        unhashed = byte_span(unhashed.empty() ? piece.data() : unhashed.data(), unhashed.size() + *got);
        const bool is_full = *got == room->size();
        if (is_full || unhashed.size() >= md5_piece_bytes_min) {
            if (md5.busy())
                co_await md5.wait();
            md5.begin(std::exchange(unhashed, {}));
        }
        // The stream does with a full buffer what it likes.
        if (is_full && md5.busy())
            co_await md5.wait();
        stream.advance(*got);
        if (stream.written_bytes() > request.settings.put_size_bytes_max)
            co_return make_error_code(errc::entity_too_large);
    }
    if (md5.busy())
        co_await md5.wait();
    md5.begin(unhashed);
    co_return body.finish();
}

}  // namespace

awaitable<result<body_proof>> receive_upload(
    call& request,
    storage::upload_stream& stream,
    std::optional<std::uint64_t> size_bytes,
    body_claims claims,
    std::optional<crypto::checksum_algorithm> wanted
) {
    body_prover prover(std::move(claims), request.caller.payload_hash, wanted);
    payload_reader body(request);
    body_md5 md5(request.md5);
    auto filling = fill(request, body, stream, size_bytes, prover, md5);
    const auto filled = co_await std::move(filling);
    if (md5.busy())
        co_await md5.wait();
    LABSTORE_CO_TRY(filled);
    co_return prover.finish(request, body, md5.finish());
}

awaitable<result<std::string>> receive_document(
    call& request, body_claims claims, std::size_t size_bytes_max
) {
    const auto announced = request.exchange.body_size_bytes();
    if (!auth::is_streaming(request.caller.mode) && announced && *announced > size_bytes_max)
        co_return make_error_code(errc::max_message_exceeded);
    std::optional<crypto::md5_stream> md5;
    if (claims.content_md5)
        md5.emplace();
    body_prover prover(std::move(claims), request.caller.payload_hash, std::nullopt);
    payload_reader body(request);
    std::string text;
    std::size_t filled = 0;
    while (true) {
        if (filled == text.size()) {
            const auto held = request.document_memory.grow(document_step_bytes);
            LABSTORE_CO_TRY(held);
            text.resize(filled + document_step_bytes);
        }
        const auto room = std::as_writable_bytes(std::span(text)).subspan(filled);
        auto reading = body.read(room);
        const auto got = co_await std::move(reading);
        LABSTORE_CO_TRY(got);
        if (*got == 0)
            break;
        prover.update(room.first(*got));
        if (md5)
            md5->update(room.first(*got));
        filled += *got;
        if (filled > size_bytes_max)
            co_return make_error_code(errc::max_message_exceeded);
    }
    text.resize(filled);
    const auto framed = body.finish();
    LABSTORE_CO_TRY(framed);
    auto digest = std::optional<crypto::md5_digest>{};
    if (md5)
        digest = md5->finish();
    const auto proof = prover.finish(request, body, digest);
    LABSTORE_CO_TRY(proof);
    co_return text;
}

awaitable<result<std::string>> receive_document(call& request, std::size_t size_bytes_max) {
    auto claims = body_claims_of(request);
    LABSTORE_CO_TRY(claims);
    auto reading = receive_document(request, std::move(*claims), size_bytes_max);
    auto text = co_await std::move(reading);
    co_return text;
}

}  // namespace labstore::s3
