// Answers of an HTTP/1.1 server, as far as an S3 client needs to understand them.
#pragma once

#include "labstore/base.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace labstore::load {

/// A push parser for one answer at a time: status line, header fields, a body by Content-Length, chunked or up to the end
/// of the connection. Takes pieces cut anywhere, copies only a line that is cut, and hands the body out as parts of its
/// input. Interim answers (1xx) are passed over. No I/O; one thread. https://www.rfc-editor.org/rfc/rfc9112
class response_parser {
  public:
    static constexpr std::size_t head_bytes_max = 64 * KiB;

    struct step {
        std::size_t consumed = 0;  // of the input
        byte_span body;            // a part of the input
    };

    /// Ready for the next answer. `to_head`: the request was HEAD, so no body follows whatever the head says.
    void start(bool to_head);

    /// Goes on with `input`, at most up to the end of the answer or of one piece of the body; call again with the rest while
    /// not `done`. bad_request when the bytes are no HTTP answer, header_too_large past 64 KiB.
    [[nodiscard]] result<step> feed(byte_span input);

    /// The connection ended: fine when that is what ends the body, else incomplete_body.
    [[nodiscard]] result<void> finish();

    [[nodiscard]] bool done() const noexcept { return state_ == state::done; }

    /// Nothing of the answer has come yet.
    [[nodiscard]] bool untouched() const noexcept { return untouched_; }

    [[nodiscard]] unsigned status() const noexcept { return status_; }

    /// The declared length; nullopt for chunked bodies and those that end with the connection.
    [[nodiscard]] std::optional<std::uint64_t> content_length() const noexcept { return content_length_; }

    /// The connection may carry another request after this answer.
    [[nodiscard]] bool keep_alive() const noexcept { return keep_alive_; }

    /// As sent, with its quotes; empty when there is none.
    [[nodiscard]] const std::string& etag() const noexcept { return etag_; }

  private:
    enum class state { status_line, fields, body, body_to_end, chunk_size, chunk, chunk_end, trailers, done };

    [[nodiscard]] result<step> feed_body(byte_span input);
    [[nodiscard]] result<void> take_line(std::string_view line);
    [[nodiscard]] result<void> take_status(std::string_view line);
    [[nodiscard]] result<void> take_field(std::string_view line);
    [[nodiscard]] result<void> take_chunk_size(std::string_view line);
    void end_head();

    state state_ = state::status_line;
    bool to_head_ = false;
    bool untouched_ = true;
    bool chunked_ = false;
    bool keep_alive_ = true;
    unsigned status_ = 0;
    std::optional<std::uint64_t> content_length_;
    std::uint64_t left_ = 0;  // of the body or the chunk
    std::size_t head_bytes_ = 0;
    std::string line_;  // the beginning of a line that was cut
    std::string etag_;
};

}  // namespace labstore::load
