#include "labstore/auth.hpp"

#include "auth/body_proof.hpp"

#include <algorithm>
#include <cstring>

namespace labstore::auth {
namespace {

constexpr std::string_view empty_sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view chunk_signature_mark = ";chunk-signature=";
constexpr std::string_view trailer_signature_name = "x-amz-trailer-signature";
constexpr std::size_t signature_size = 64;
constexpr std::size_t size_digits_max = 16;

bool is_lower_hex(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::optional<std::uint64_t> parse_hex_size(std::string_view text) {
    if (text.empty() || text.size() > size_digits_max)
        return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0)
            return std::nullopt;
        value = value << 4 | static_cast<std::uint64_t>(digit);
    }
    return value;
}

/// Each signature continues from the one before, the first from the request's own.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
class chunk_chain {
  public:
    explicit chunk_chain(const chunk_seed& seed) : seed_(seed), previous_(seed.seed_signature) {}

    void update(byte_span data) { digest_.update(data); }

    /// Closes the chunk hashed so far.
    [[nodiscard]] bool accepts_chunk(std::string_view signature) {
        std::string tail(empty_sha256);
        append_hex(tail.append("\n"), as_bytes(digest_.finish()));
        return accepts("AWS4-HMAC-SHA256-PAYLOAD", tail, signature);
    }

    [[nodiscard]] bool accepts_trailer(std::string_view canonical, std::string_view signature) {
        return accepts("AWS4-HMAC-SHA256-TRAILER", to_hex(crypto::sha256(as_bytes(canonical))), signature);
    }

  private:
    bool accepts(std::string_view algorithm, std::string_view tail, std::string_view signature) {
        std::string text;
        text.reserve(320);
        text.append(algorithm).append("\n").append(seed_.amz_date).append("\n").append(seed_.scope);
        text.append("\n").append(as_text(previous_)).append("\n").append(tail);
        previous_ = hex_digits(seed_.signing_key.sign(as_bytes(text)));
        return crypto::equal_constant_time(as_text(previous_), signature);
    }

    const chunk_seed seed_;
    signature_text previous_;
    crypto::digest digest_{crypto::digest_kind::sha256};
};

class aws_chunked_decoder final : public payload_decoder {
  public:
    explicit aws_chunked_decoder(const verified_request& request)
        : has_trailer_(request.mode != body_mode::streaming_signed),
          declared_size_(*request.decoded_size_bytes),
          awaited_trailers_(request.trailer_names) {
        if (request.mode != body_mode::streaming_unsigned_trailer)
            chain_.emplace(*request.chunks);
    }

    result<progress> decode(byte_span input, mutable_byte_span output) override;

    [[nodiscard]] bool finished() const noexcept override { return step_ == step::end; }

    result<void> finish() override;

    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& trailers() const noexcept override {
        return trailers_;
    }

  private:
    enum class step {
        chunk_header,
        data,
        data_end,   // the line end behind a chunk's data
        last_line,  // without trailers: the empty line behind the final chunk
        trailer,
        end,
        failed,
    };

    result<void> take_line(byte_span& input);
    result<void> on_line(std::string_view line);
    result<void> on_chunk_header(std::string_view line);
    result<void> on_chunk_proved();
    result<void> on_trailer_line(std::string_view line);
    result<void> on_trailer(std::string_view field);
    result<void> on_trailers_end();
    void take_data(byte_span& input, mutable_byte_span& output);

    [[nodiscard]] errc broken() const noexcept {
        return step_ == step::trailer ? errc::malformed_trailer : errc::malformed_chunk;
    }

    const bool has_trailer_;
    const std::uint64_t declared_size_;
    std::optional<chunk_chain> chain_;  // with the two signed modes

    step step_ = step::chunk_header;
    errc failure_ = errc::ok;
    std::string line_;                  // of a header or trailer, as far as it has come
    std::uint64_t announced_size_ = 0;  // by all chunk headers so far; never past declared_size_
    std::uint64_t chunk_left_ = 0;
    bool chunk_is_last_ = false;
    std::string chunk_signature_;

    std::size_t trailer_bytes_ = 0;
    std::vector<std::string> awaited_trailers_;
    std::vector<std::pair<std::string, std::string>> trailers_;
    bool trailer_signature_held_ = false;
};

result<payload_decoder::progress> aws_chunked_decoder::decode(byte_span input, mutable_byte_span output) {
    if (step_ == step::failed)
        return failure_;
    const auto input_size = input.size();
    const auto output_size = output.size();
    result<void> done;
    while (done && !input.empty()) {
        if (step_ == step::end) {
            done = errc::malformed_chunk;  // nothing may follow what was proved to be all
        } else if (step_ == step::data) {
            if (output.empty())
                break;
            take_data(input, output);
            if (chunk_left_ == 0)
                done = on_chunk_proved();
        } else {
            done = take_line(input);
        }
    }
    if (!done) {
        step_ = step::failed;
        failure_ = to_errc(done.error());
        return failure_;
    }
    return progress{input_size - input.size(), output_size - output.size()};
}

void aws_chunked_decoder::take_data(byte_span& input, mutable_byte_span& output) {
    const auto room = std::min<std::uint64_t>(chunk_left_, std::min(input.size(), output.size()));
    const auto size = static_cast<std::size_t>(room);
    std::memcpy(output.data(), input.data(), size);
    if (chain_)
        chain_->update(input.first(size));
    input = input.subspan(size);
    output = output.subspan(size);
    chunk_left_ -= size;
}

/// Collects one line up to its CR LF and acts on it. A lone LF is part of the line: some SDKs put one into
/// trailers.
result<void> aws_chunked_decoder::take_line(byte_span& input) {
    const bool in_trailer = step_ == step::trailer;
    const bool must_be_empty = step_ == step::data_end || step_ == step::last_line;
    while (!input.empty()) {
        const char c = static_cast<char>(input.front());
        input = input.subspan(1);
        if (in_trailer && ++trailer_bytes_ > trailer_bytes_max)
            return broken();
        if (c == '\n' && line_.ends_with('\r')) {
            line_.pop_back();
            const auto line = std::exchange(line_, {});
            return on_line(line);
        }
        // A CR belongs to a line's end and nowhere else; a lone LF to a trailer; nothing to an empty line.
        const bool is_stray =
            line_.ends_with('\r') || (c == '\n' && !in_trailer) || (must_be_empty && c != '\r');
        if (is_stray || line_.size() == chunk_header_bytes_max)
            return broken();
        line_.push_back(c);
    }
    return {};
}

result<void> aws_chunked_decoder::on_line(std::string_view line) {
    switch (step_) {
        case step::chunk_header:
            return on_chunk_header(line);
        case step::data_end:
            step_ = step::chunk_header;
            return {};
        case step::last_line:
            step_ = step::end;
            return {};
        case step::trailer:
            return on_trailer_line(line);
        case step::data:
        case step::end:
        case step::failed:
            break;
    }
    LABSTORE_ASSERT(false);
    return {};
}

result<void> aws_chunked_decoder::on_chunk_header(std::string_view line) {
    auto digits = line;
    if (chain_) {
        const auto mark = line.find(chunk_signature_mark);
        if (mark == std::string_view::npos)
            return errc::malformed_chunk;
        digits = line.substr(0, mark);
        chunk_signature_ = line.substr(mark + chunk_signature_mark.size());
        if (chunk_signature_.size() != signature_size || !is_lower_hex(chunk_signature_))
            return errc::malformed_chunk;
    }
    const auto size = parse_hex_size(digits);
    if (!size)
        return errc::malformed_chunk;
    if (*size > declared_size_ - announced_size_)
        return errc::malformed_chunk;
    announced_size_ += *size;
    chunk_left_ = *size;
    chunk_is_last_ = *size == 0;
    step_ = step::data;
    if (!chunk_is_last_)
        return {};
    if (announced_size_ != declared_size_)
        return errc::incomplete_body;
    return on_chunk_proved();
}

result<void> aws_chunked_decoder::on_chunk_proved() {
    if (chain_ && !chain_->accepts_chunk(chunk_signature_))
        return errc::chunk_signature_mismatch;
    step_ = !chunk_is_last_ ? step::data_end : has_trailer_ ? step::trailer : step::last_line;
    return {};
}

result<void> aws_chunked_decoder::on_trailer_line(std::string_view line) {
    if (line.empty())
        return on_trailers_end();
    // minio-go ends each field with LF, and the list of them with CR LF.
    while (!line.empty()) {
        const auto end = std::min(line.find('\n'), line.size());
        LABSTORE_TRY(on_trailer(line.substr(0, end)));
        line.remove_prefix(std::min(end + 1, line.size()));
    }
    return {};
}

result<void> aws_chunked_decoder::on_trailer(std::string_view field) {
    const auto colon = field.find(':');
    if (colon == std::string_view::npos || trailer_signature_held_)
        return errc::malformed_trailer;
    const auto name = to_lower(trim(field.substr(0, colon)));
    const auto value = trim(field.substr(colon + 1));
    const auto is_printable = [](char c) {
        return c >= ' ' && c < '\x7f';
    };
    if (value.empty() || !std::ranges::all_of(value, is_printable))
        return errc::malformed_trailer;
    if (chain_ && name == trailer_signature_name) {
        std::ranges::sort(trailers_);
        std::string canonical;
        for (const auto& [each_name, each_value] : trailers_)
            canonical.append(each_name).append(":").append(each_value).append("\n");
        if (!chain_->accepts_trailer(canonical, value))
            return errc::chunk_signature_mismatch;
        trailer_signature_held_ = true;
        return {};
    }
    const auto awaited = std::ranges::find(awaited_trailers_, name);
    if (awaited == awaited_trailers_.end())
        return errc::malformed_trailer;  // not declared, or here a second time
    awaited_trailers_.erase(awaited);
    trailers_.emplace_back(name, value);
    return {};
}

result<void> aws_chunked_decoder::on_trailers_end() {
    if (!awaited_trailers_.empty() || (chain_ && !trailer_signature_held_))
        return errc::malformed_trailer;
    step_ = step::end;
    return {};
}

result<void> aws_chunked_decoder::finish() {
    if (step_ == step::failed)
        return failure_;
    if (step_ == step::end)
        return {};
    result<void> done = errc::incomplete_body;
    // Some clients leave out the very last CR LF; everything that it would confirm is proved by then.
    if (line_.empty() && step_ == step::last_line) {
        step_ = step::end;
        done = {};
    } else if (step_ == step::trailer) {
        done = line_.empty() ? on_trailers_end() : errc::malformed_trailer;
    }
    if (!done) {
        step_ = step::failed;
        failure_ = to_errc(done.error());
    }
    return done;
}

}  // namespace

std::unique_ptr<payload_decoder> make_payload_decoder(const verified_request& request) {
    LABSTORE_ASSERT(is_streaming(request.mode) && request.decoded_size_bytes.has_value());
    LABSTORE_ASSERT(request.mode == body_mode::streaming_unsigned_trailer || request.chunks.has_value());
    return std::make_unique<aws_chunked_decoder>(request);
}

}  // namespace labstore::auth
