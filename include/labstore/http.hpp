// Job:          HTTP/1.1 on a connection: framing gate, heads, streamed bodies, responses, keep-alive, time
//               limits.
// In a request: after net accepted, before auth and s3; the handler sees one `exchange` per request.
// May use:      base, observability, runtime, net; Beast inside, for parsing heads only.
// Threads:      a connection and its exchanges live on one I/O thread.
// Failure:      bad_request, header_too_large, request_timeout, incomplete_body, cancelled (the peer is
//               gone).
#pragma once

#include "labstore/base.hpp"
#include "labstore/runtime.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace labstore::http {

using runtime::awaitable;

enum class method { get, head, put, post, delete_, options, other };

/// Name as sent, value without surrounding white space. Views into the connection's head buffer.
struct header {
    std::string_view name;
    std::string_view value;
};

/// A request's head after the framing gate: exactly one reading of it exists. Views live as long as the
/// exchange.
class request_head {
  public:
    http::method method = http::method::other;
    std::string_view method_text;
    std::string_view target;  // raw origin-form, "/bucket/key?query"; an absolute-form target is cut to this
    std::string_view path;    // raw, before the '?'
    std::string_view query;   // raw, after the '?', may be empty
    bool has_query = false;   // a '?' was there
    std::string_view host;    // exactly one Host header, never empty
    std::span<const header> headers;

    /// The first header of that name (any case); nullopt when absent.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
    [[nodiscard]] std::size_t count(std::string_view name) const noexcept;
};

/// A status line and header fields, already in wire form. Values with CR, LF, NUL or other controls are
/// refused by replacing the control characters with spaces, so that nothing echoed can inject a header.
class response_head {
  public:
    explicit response_head(unsigned status) : status_(status) {}

    void add(std::string_view name, std::string_view value);
    void add(std::string_view name, std::uint64_t value);
    /// The value between quotes, as an ETag.
    void add_quoted(std::string_view name, std::string_view value);

    [[nodiscard]] unsigned status() const noexcept { return status_; }

    [[nodiscard]] const std::string& fields() const noexcept { return fields_; }

  private:
    void begin(std::string_view name);
    void append_value(std::string_view value);

    unsigned status_;
    std::string fields_;  // "Name: value\r\n" ...
};

/// What the handler tells the access log and the metrics about a request.
struct annotations {
    std::string_view operation;  // a literal such as "PutObject"
    std::string access_key;
    std::string_view error_code;  // a literal such as "NoSuchKey"; empty when none
    std::string bucket;
};

/// One request and its response. The framing (Content-Length, Connection, Date, Server, x-amz-request-id and
/// x-amz-id-2 fields) is written by http; handlers add everything else.
class exchange {
  public:
    virtual ~exchange() = default;

    [[nodiscard]] virtual const request_head& head() const noexcept = 0;
    [[nodiscard]] virtual runtime::op_context& context() noexcept = 0;
    [[nodiscard]] virtual std::string_view remote_address() const noexcept = 0;
    /// The client speaks TLS with this server itself; what a proxy in front of it does is not known here.
    [[nodiscard]] virtual bool is_secure() const noexcept = 0;
    [[nodiscard]] virtual annotations& notes() noexcept = 0;

    /// The Content-Length; nullopt for a chunked body; 0 when there is no body at all.
    [[nodiscard]] virtual std::optional<std::uint64_t> body_size_bytes() const noexcept = 0;
    /// Neither Content-Length nor Transfer-Encoding was sent.
    [[nodiscard]] virtual bool body_undeclared() const noexcept = 0;

    /// Up to room.size() bytes of the body, after transfer decoding; 0 at its end, ever after. The first call
    /// answers "Expect: 100-continue". incomplete_body when the client stops early, request_timeout when it
    /// is too slow, bad_request when the chunked framing is broken. After an error the connection closes with
    /// the response.
    virtual awaitable<result<std::size_t>> read_body(mutable_byte_span room) = 0;

    /// The whole response at once. To HEAD, only the head goes out, with the body's size.
    virtual awaitable<result<void>> respond(response_head head, std::string body) = 0;
    /// The same with no body and a Content-Length of `size_bytes` (HEAD of an object); 204 and 304 send no
    /// length.
    virtual awaitable<result<void>> respond_head_only(response_head head, std::uint64_t size_bytes) = 0;

    /// A streamed response of exactly `size_bytes`: start, then write until all are out. The head goes out
    /// with the first bytes. A failure between means `abort`: the connection is cut so that nobody takes the
    /// part for a whole.
    virtual awaitable<result<void>> start(response_head head, std::uint64_t size_bytes) = 0;
    virtual awaitable<result<void>> write(byte_span bytes) = 0;
    /// Instead of `write`: as much of a file's range as the client takes now goes out, without being copied here where TLS
    /// does not ask for it. Where it takes nothing, this waits until it would and answers 0.
    virtual awaitable<result<std::uint64_t>> write_from_file(
        int descriptor, std::uint64_t offset, std::uint64_t size_bytes
    ) = 0;
    virtual void abort() noexcept = 0;

    /// A response whose size is not known yet (CompleteMultipartUpload keeps the client waiting with white
    /// space): chunked for HTTP/1.1.
    virtual awaitable<result<void>> start_chunked(response_head head) = 0;
    virtual awaitable<result<void>> finish_chunked() = 0;

    /// A response has begun (or was aborted).
    [[nodiscard]] virtual bool responded() const noexcept = 0;

    /// The client has closed its side, or the connection is broken: nobody is likely to read the answer. For
    /// handlers that work long before they answer. One system call; no byte is read.
    [[nodiscard]] virtual bool peer_gone() const noexcept = 0;
};

/// What a finished request looked like, for the access log. `head` is empty when it could not be read; the
/// bytes are those of the bodies.
struct summary {
    const request_head& head;
    const annotations& notes;
    std::string_view request_id;
    std::string_view remote_address;
    unsigned status = 0;  // 0: cut before a response
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    std::chrono::nanoseconds duration{0};
    std::chrono::nanoseconds first_byte{
        0};  // from the start to the first byte of the response; 0: there was none
};

/// A whole response for a failure, and what it is called in the access log and the metrics.
struct error_answer {
    response_head head;
    std::string body;
    std::string_view code{};  // a literal such as "RequestTimeout"
};

/// What http hands requests to. Called on I/O threads, concurrently for different connections.
class handler {
  public:
    virtual ~handler() = default;

    /// Answers through the exchange. An exception or a missing answer becomes `errc::internal`.
    virtual awaitable<void> handle(exchange& request) = 0;

    /// The response for a failure that http met itself (framing, limits, exceptions). `target` may be empty.
    virtual error_answer make_error(errc error, std::string_view target, std::string_view request_id) = 0;

    virtual void on_finished(const summary& done) = 0;
};

struct options {
    std::size_t head_size_bytes_max = 16 * KiB;
    std::size_t header_lines_max = 100;
    std::chrono::milliseconds head_time_max{10'000};   // from the first byte of a head to its last
    std::chrono::milliseconds idle_time_max{60'000};   // between requests
    std::uint64_t rate_floor_bytes_per_second = 1024;  // bodies in and out, judged over rate_window
    std::chrono::milliseconds rate_window{30'000};
    std::uint64_t unread_body_bytes_max =
        256 * KiB;  // drained after an early answer; more closes the connection
};

/// Serves every connection handed to it (implements net's connection sink). Created before the listeners and
/// destroyed after them.
class service;  // http/service.hpp

}  // namespace labstore::http
