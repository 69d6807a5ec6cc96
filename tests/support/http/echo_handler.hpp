#pragma once

#include "labstore/http.hpp"
#include "support/http/send_file.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace labstore::support {

/// A handler with one behaviour per path, for tests of http itself; what it served is written down.
class echo_handler final : public http::handler {
  public:
    struct finished {
        std::string target;
        unsigned status = 0;
        std::uint64_t bytes_in = 0;
        std::uint64_t bytes_out = 0;
        std::string request_id;
    };

    http::awaitable<void> handle(http::exchange& request) override {
        note(std::string(request.head().target));
        const auto path = request.head().path;
        if (path == "/echo" || path == "/wait-echo")
            co_await echo(request);
        else if (path == "/throw")
            throw std::runtime_error("a handler failed");
        else if (path == "/part" || path == "/throw-late")
            co_await part(request);
        else if (path == "/big")
            co_await big(request);
        else if (path == "/chunked")
            co_await chunked(request);
        else if (path == "/close-length")
            co_await head_only(request);
        else if (path == "/file")
            co_await send_file(request, file_path, file_turns);
        else if (path == "/until-gone")
            co_await wait_for_leaving(request);
        else if (path != "/silent")
            co_await answer(request);
    }

    http::error_answer make_error(errc error, std::string_view target, std::string_view request_id) override {
        unsigned status = 400;
        if (error == errc::internal)
            status = 500;
        if (error == errc::slow_down)
            status = 503;
        http::response_head head(status);
        head.add("x-error", errc_name(error));
        return {
            head, std::string(errc_name(error)) + " " + std::string(target) + " " + std::string(request_id)};
    }

    void on_finished(const http::summary& done) override {
        const std::lock_guard lock(mutex_);
        finished_.push_back(
            {std::string(done.head.target),
             done.status,
             done.bytes_in,
             done.bytes_out,
             std::string(done.request_id)}
        );
    }

    /// Targets in the order in which the handler saw them.
    [[nodiscard]] std::vector<std::string> served() {
        const std::lock_guard lock(mutex_);
        return served_;
    }

    [[nodiscard]] std::vector<finished> log() {
        const std::lock_guard lock(mutex_);
        return finished_;
    }

    /// "/wait" and "/wait-echo" go on once this is true.
    std::atomic<bool> released{false};

    /// How often "/until-gone" found its client still there; it ends when the client has left.
    std::atomic<int> looks_at_peer{0};

    /// What "/file" sends, set before any request for it.
    std::string file_path;
    /// In how many turns it went out so far.
    std::atomic<int> file_turns{0};

    /// What the last failed body read answered.
    std::atomic<errc> body_error{errc::ok};
    std::atomic<errc> write_error{errc::ok};

  private:
    void note(std::string target) {
        const std::lock_guard lock(mutex_);
        served_.push_back(std::move(target));
    }

    http::awaitable<void> wait_for_release() {
        const auto executor = co_await boost::asio::this_coro::executor;
        boost::asio::steady_timer timer(executor);
        while (!released.load()) {
            timer.expires_after(std::chrono::milliseconds(5));
            error_code ignored;
            co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
        }
    }

    http::awaitable<void> wait_for_leaving(http::exchange& request) {
        const auto executor = co_await boost::asio::this_coro::executor;
        boost::asio::steady_timer timer(executor);
        while (!request.peer_gone()) {
            ++looks_at_peer;
            timer.expires_after(std::chrono::milliseconds(5));
            error_code ignored;
            co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
        }
        request.abort();
    }

    http::awaitable<void> echo(http::exchange& request) {
        if (request.head().path == "/wait-echo")
            co_await wait_for_release();
        std::string body;
        std::array<std::byte, 4096> room;
        while (true) {
            const auto got = co_await request.read_body(room);
            if (!got) {
                body_error = to_errc(got.error());
                auto [head, text, code] = make_error(to_errc(got.error()), request.head().target, {});
                auto failing = request.respond(std::move(head), std::move(text));
                const auto failed = co_await std::move(failing);
                static_cast<void>(failed);
                co_return;
            }
            if (*got == 0)
                break;
            body += as_text(std::span(room).first(*got));
        }
        http::response_head head(200);
        head.add("x-method", request.head().method_text);
        auto answering = request.respond(std::move(head), std::move(body));
        const auto answered = co_await std::move(answering);
        static_cast<void>(answered);
    }

    http::awaitable<void> answer(http::exchange& request) {
        const auto path = request.head().path;
        unsigned status = 200;
        if (path == "/wait")
            co_await wait_for_release();
        if (path == "/early")
            status = 403;
        if (path == "/204")
            status = 204;
        if (path == "/304")
            status = 304;
        http::response_head head(status);
        if (path == "/evil")
            head.add("x-evil", "a\r\nInjected: yes\r\n\r\n<html>\x01\x7f");
        head.add("x-host", request.head().host);
        head.add("x-remote", request.remote_address());
        head.add("x-secure", request.is_secure() ? "yes" : "no");
        std::string body(request.head().method_text);
        body += " ";
        body += request.head().target;
        auto answering = request.respond(std::move(head), std::move(body));
        const auto answered = co_await std::move(answering);
        static_cast<void>(answered);
    }

    http::awaitable<void> part(http::exchange& request) {
        http::response_head head(200);
        auto starting = request.start(std::move(head), 100);
        const auto started = co_await std::move(starting);
        static_cast<void>(started);
        const auto bytes = as_bytes("ten bytes.");
        const auto written = co_await request.write(bytes);
        static_cast<void>(written);
        if (request.head().path == "/throw-late")
            throw std::runtime_error("a handler failed late");
    }

    http::awaitable<void> big(http::exchange& request) {
        const auto size = parse_decimal(request.head().query).value_or(0);
        const std::string piece(64 * KiB, 'b');
        http::response_head head(200);
        auto starting = request.start(std::move(head), size);
        const auto started = co_await std::move(starting);
        static_cast<void>(started);
        for (std::uint64_t left = size; left > 0;) {
            const auto bytes = as_bytes(piece).first(std::min<std::uint64_t>(left, piece.size()));
            const auto written = co_await request.write(bytes);
            if (!written) {
                write_error = to_errc(written.error());
                co_return;
            }
            left -= bytes.size();
        }
    }

    http::awaitable<void> chunked(http::exchange& request) {
        http::response_head head(200);
        auto starting = request.start_chunked(std::move(head));
        const auto started = co_await std::move(starting);
        static_cast<void>(started);
        constexpr std::array<std::string_view, 4> pieces{" ", "", " ", "<done/>"};
        for (const auto piece : pieces) {
            const auto bytes = as_bytes(piece);
            const auto written = co_await request.write(bytes);
            static_cast<void>(written);
        }
        const auto ended = co_await request.finish_chunked();
        static_cast<void>(ended);
    }

    http::awaitable<void> head_only(http::exchange& request) {
        http::response_head head(200);
        auto answering = request.respond_head_only(std::move(head), 5'000'000'000);
        const auto answered = co_await std::move(answering);
        static_cast<void>(answered);
    }

    std::mutex mutex_;
    std::vector<std::string> served_;
    std::vector<finished> finished_;
};

}  // namespace labstore::support
