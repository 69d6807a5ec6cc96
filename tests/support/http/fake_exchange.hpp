#pragma once

#include "labstore/http.hpp"
#include "support/http/fake_head.hpp"

#include <unistd.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <cstring>
#include <exception>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace labstore::support {

/// An `http::exchange` for unit tests of handlers: a request from text, the response recorded, no socket.
///
///     fake_exchange request("PUT /bucket/key HTTP/1.1\n"
///                           "Host: localhost\n"
///                           "x-amz-meta-a: 1\n", "body bytes");
///     request.run(handler.handle(request));
///     EXPECT_EQ(request.status(), 200U);
///
/// The head's text is read as `fake_head` says.
class fake_exchange final : public http::exchange {
  public:
    explicit fake_exchange(std::string_view head_text, std::string body = {})
        : parsed_(head_text, body.size()), body_in_(std::move(body)) {
        context_.request_id = "0123456789ABCDEF";
    }

    fake_exchange(const fake_exchange&) = delete;
    fake_exchange& operator=(const fake_exchange&) = delete;

    // -- how the client behaves -----------------------------------------------------------------------------

    /// read_body hands out at most so many bytes a call.
    void set_read_size_max(std::size_t bytes) { read_size_max_ = bytes; }

    /// read_body answers `error` once so many bytes have been handed out.
    void fail_body_after(std::size_t bytes, errc error) {
        body_fails_at_ = bytes;
        body_error_ = error;
    }

    /// write answers `cancelled` once so many bytes have been taken: the client has gone.
    void fail_write_after(std::size_t bytes) { write_fails_at_ = bytes; }

    /// peer_gone says so from its n-th call on.
    void leave_after_looks(std::size_t looks) { gone_after_looks_ = looks; }

    /// Runs a handler's coroutine to its end on an io_context of its own. An exception of it is thrown here.
    void run(runtime::awaitable<void> task) {
        boost::asio::io_context context(1);
        std::exception_ptr failure;
        auto ended = [&failure](std::exception_ptr thrown) {
            failure = thrown;
        };
        boost::asio::co_spawn(context, std::move(task), ended);
        context.run();
        if (failure)
            std::rethrow_exception(failure);
    }

    // -- what was answered ----------------------------------------------------------------------------------

    [[nodiscard]] unsigned status() const noexcept { return status_; }

    [[nodiscard]] const std::string& body() const noexcept { return body_out_; }

    /// The Content-Length that goes out: of the body, or of what HEAD would have sent. nullopt when chunked.
    [[nodiscard]] std::optional<std::uint64_t> content_length() const noexcept { return size_out_; }

    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& headers() const noexcept {
        return headers_out_;
    }

    /// The first header of that name (any case).
    [[nodiscard]] std::optional<std::string> header(std::string_view name) const {
        for (const auto& [known, value] : headers_out_)
            if (equal_ignoring_case(known, name))
                return value;
        return std::nullopt;
    }

    [[nodiscard]] bool aborted() const noexcept { return aborted_; }

    [[nodiscard]] bool chunked() const noexcept { return state_ == state::chunked || finished_chunks_; }

    /// All that was announced has been written, and nothing was aborted.
    [[nodiscard]] bool complete() const noexcept { return !aborted_ && state_ == state::done; }

    [[nodiscard]] std::size_t body_bytes_read() const noexcept { return body_read_; }

    [[nodiscard]] std::size_t read_calls() const noexcept { return read_calls_; }

    // -- http::exchange -------------------------------------------------------------------------------------

    [[nodiscard]] const http::request_head& head() const noexcept override { return parsed_.head(); }

    [[nodiscard]] runtime::op_context& context() noexcept override { return context_; }

    [[nodiscard]] std::string_view remote_address() const noexcept override { return "127.0.0.1"; }

    [[nodiscard]] bool is_secure() const noexcept override { return false; }

    [[nodiscard]] http::annotations& notes() noexcept override { return notes_; }

    [[nodiscard]] std::optional<std::uint64_t> body_size_bytes() const noexcept override {
        if (head().count("Transfer-Encoding") != 0)
            return std::nullopt;
        const auto declared = head().find("Content-Length");
        return declared ? parse_decimal(*declared) : std::optional<std::uint64_t>(0);
    }

    [[nodiscard]] bool body_undeclared() const noexcept override {
        return head().count("Transfer-Encoding") == 0 && head().count("Content-Length") == 0;
    }

    runtime::awaitable<result<std::size_t>> read_body(mutable_byte_span room) override {
        ++read_calls_;
        auto size = std::min({room.size(), body_in_.size() - body_read_, read_size_max_});
        if (body_error_ != errc::ok) {
            if (body_read_ >= body_fails_at_)
                co_return body_error_;
            size = std::min(size, body_fails_at_ - body_read_);
        }
        if (size == 0 && !room.empty() && body_read_ < body_size_bytes().value_or(body_read_))
            co_return errc::incomplete_body;
        std::memcpy(room.data(), body_in_.data() + body_read_, size);
        body_read_ += size;
        co_return size;
    }

    runtime::awaitable<result<void>> respond(http::response_head head, std::string body) override {
        begin(head, state::done);
        if (has_no_body(head.status()))
            co_return result<void>();
        size_out_ = body.size();
        if (this->head().method != http::method::head)
            body_out_ = std::move(body);
        co_return result<void>();
    }

    runtime::awaitable<result<void>> respond_head_only(http::response_head head, std::uint64_t size_bytes)
        override {
        begin(head, state::done);
        if (!has_no_body(head.status()))
            size_out_ = size_bytes;
        co_return result<void>();
    }

    runtime::awaitable<result<void>> start(http::response_head head, std::uint64_t size_bytes) override {
        begin(head, size_bytes == 0 ? state::done : state::sized);
        size_out_ = size_bytes;
        co_return result<void>();
    }

    runtime::awaitable<result<void>> write(byte_span bytes) override {
        LABSTORE_ASSERT(aborted_ || state_ == state::sized || state_ == state::chunked);
        if (aborted_ || bytes.size() > write_fails_at_ - std::min(write_fails_at_, body_out_.size()))
            co_return errc::cancelled;
        body_out_ += as_text(bytes);
        if (state_ == state::sized) {
            LABSTORE_ASSERT(body_out_.size() <= size_out_.value());
            if (body_out_.size() == *size_out_)
                state_ = state::done;
        }
        co_return result<void>();
    }

    /// In small steps, as a slow client takes it.
    runtime::awaitable<result<std::uint64_t>> write_from_file(
        int descriptor, std::uint64_t offset, std::uint64_t size_bytes
    ) override {
        std::string piece(std::min<std::uint64_t>(size_bytes, 10'000), ' ');
        const auto got = ::pread(descriptor, piece.data(), piece.size(), static_cast<off_t>(offset));
        LABSTORE_ASSERT(got == static_cast<ssize_t>(piece.size()));
        const auto written = co_await write(as_bytes(piece));
        LABSTORE_CO_TRY(written);
        co_return std::uint64_t{piece.size()};
    }

    void abort() noexcept override { aborted_ = true; }

    runtime::awaitable<result<void>> start_chunked(http::response_head head) override {
        begin(head, state::chunked);
        co_return result<void>();
    }

    runtime::awaitable<result<void>> finish_chunked() override {
        LABSTORE_ASSERT(aborted_ || state_ == state::chunked);
        finished_chunks_ = true;
        state_ = state::done;
        co_return result<void>();
    }

    [[nodiscard]] bool responded() const noexcept override { return state_ != state::none; }

    [[nodiscard]] bool peer_gone() const noexcept override {
        return gone_after_looks_ != 0 && ++looks_ >= gone_after_looks_;
    }

  private:
    enum class state { none, sized, chunked, done };

    [[nodiscard]] static bool has_no_body(unsigned status) noexcept { return status == 204 || status == 304; }

    void begin(const http::response_head& head, state next) {
        LABSTORE_ASSERT(state_ == state::none);
        state_ = next;
        status_ = head.status();
        std::string_view rest = head.fields();
        while (!rest.empty()) {
            const auto end = rest.find("\r\n");
            const auto line = rest.substr(0, end);
            const auto colon = line.find(": ");
            headers_out_.emplace_back(line.substr(0, colon), line.substr(colon + 2));
            rest.remove_prefix(end + 2);
        }
    }

    fake_head parsed_;
    std::string body_in_;
    runtime::op_context context_;
    http::annotations notes_;
    std::size_t body_read_ = 0;
    std::size_t read_calls_ = 0;
    std::size_t read_size_max_ = std::numeric_limits<std::size_t>::max();
    std::size_t body_fails_at_ = 0;
    errc body_error_ = errc::ok;
    std::size_t write_fails_at_ = std::numeric_limits<std::size_t>::max();
    state state_ = state::none;
    unsigned status_ = 0;
    std::vector<std::pair<std::string, std::string>> headers_out_;
    std::optional<std::uint64_t> size_out_;
    std::string body_out_;
    bool aborted_ = false;
    bool finished_chunks_ = false;
    std::size_t gone_after_looks_ = 0;
    mutable std::size_t looks_ = 0;
};

}  // namespace labstore::support
