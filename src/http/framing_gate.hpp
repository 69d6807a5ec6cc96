#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace labstore::http {

/// Why a head was refused. Every value but `none` closes the connection after its answer.
enum class refusal {
    none,
    line_ending,        // a CR or LF that is not part of a CRLF
    request_line,       // not exactly METHOD SP target SP HTTP/1.x
    version,            // neither HTTP/1.0 nor HTTP/1.1
    target,             // no origin form, or a character that a target must not have
    folding,            // white space at the start of a header line
    header_name,        // empty, not a token, or white space before the colon
    header_value,       // a control character
    host,               // none, several, empty, malformed, or another one than the absolute target's
    content_length,     // repeated, listed, or not plain decimal digits within 64 bits
    transfer_encoding,  // anything but one "chunked", or with HTTP/1.0, or beside a Content-Length
    too_large,          // the head is past its size
    too_many_lines,     // the head has more header lines than allowed
    parsers_disagree,   // Beast reads this head in another way than the gate
};

[[nodiscard]] std::string_view refusal_name(refusal why) noexcept;

/// The one reading of a head on which body framing and connection reuse rest. Views into the judged bytes.
struct head_facts {
    std::string_view method;
    std::string_view target;  // in origin form, or "*"
    std::string_view host;
    std::size_t header_count = 0;
    std::optional<std::uint64_t> content_length;
    bool chunked = false;
    bool version_1_1 = false;
    bool keep_alive = false;        // as the client asked for or implied
    bool expects_continue = false;  // HTTP/1.1 only
};

struct head_verdict {
    refusal why = refusal::none;
    head_facts facts;
};

/// Judges one complete head, from the first byte of the request line to the empty line's LF. A pure function:
/// it decides alone how long the request is, before any other parser sees it, and refuses whatever two
/// readers might read in two ways (RFC 9112 sections 3, 5, 6 and 11.2).
[[nodiscard]] head_verdict judge_head(std::string_view head) noexcept;

/// Finds where a head ends while its bytes arrive, looking at each byte once, and refuses early what can be
/// refused early, so that a head with bare LFs does not wait for an end that will not come.
class head_scanner {
  public:
    head_scanner(std::size_t head_size_bytes_max, std::size_t header_lines_max) noexcept
        : head_size_bytes_max_(head_size_bytes_max), header_lines_max_(header_lines_max) {}

    void reset() noexcept;

    struct outcome {
        refusal why = refusal::none;
        std::size_t head_size_bytes = 0;  // 0: more bytes are needed
    };

    /// `bytes` starts where the head starts and has grown since the last call.
    [[nodiscard]] outcome scan(std::string_view bytes) noexcept;

  private:
    std::size_t head_size_bytes_max_;
    std::size_t header_lines_max_;
    std::size_t line_start_ = 0;
    std::size_t scanned_ = 0;
    std::size_t lines_ = 0;
};

}  // namespace labstore::http
