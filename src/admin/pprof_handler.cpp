#include "admin/pprof_capture.hpp"
#include "admin/pprof_pages.hpp"
#include "admin/pprof_query.hpp"
#include "admin/pprof_text.hpp"
#include "labstore/admin.hpp"
#include "labstore/profiling.hpp"

#include <array>
#include <fstream>
#include <sstream>

namespace labstore::admin {
namespace {

constexpr std::string_view prefix = "/debug/pprof/";
constexpr std::string_view html = "text/html; charset=utf-8";

struct answer {
    unsigned status = 200;
    std::string body;
    std::string_view content_type = "text/plain; charset=utf-8";
    std::string file_name = {};  // for a download
    bool abandoned = false;      // the client has gone: nobody is answered
};

answer refusal(const error_code& error) {
    switch (to_errc(error)) {
        case errc::busy:
            return {
                409,
                "another CPU profile is being taken: wait for its end, or end it by closing its client\n"};
        case errc::not_implemented:
            return {501, "this build runs with an allocator that keeps no samples\n"};
        case errc::cancelled:
            return {.status = 499, .body = {}, .abandoned = true};
        default:
            return {503, error.message() + "\n"};
    }
}

result<std::string> read_command_line() {
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    std::string line = text.str();
    if (line.ends_with('\0'))
        line.pop_back();
    return line;
}

class pprof_handler final : public http::handler {
  public:
    pprof_handler(runtime::blocking_pool& pool, const runtime::task_group& running)
        : pool_(pool), taker_(pool, running) {}

    runtime::awaitable<void> handle(http::exchange& request) override {
        auto answering = answer_to(request);
        auto reply = co_await std::move(answering);
        if (reply.abandoned) {
            request.abort();
            co_return;
        }
        http::response_head response(reply.status);
        response.add("Content-Type", reply.content_type);
        response.add("X-Content-Type-Options", "nosniff");
        response.add("Cache-Control", "no-store");
        if (reply.content_type == html)
            response.add(
                "Content-Security-Policy",
                "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
            );
        if (!reply.file_name.empty())
            response.add("Content-Disposition", "attachment; filename=\"" + reply.file_name + "\"");
        if (reply.status == 405)
            response.add("Allow", "GET");
        auto sending = request.respond(std::move(response), std::move(reply.body));
        const auto sent = co_await std::move(sending);
        static_cast<void>(sent);
    }

    http::error_answer make_error(errc error, std::string_view /*target*/, std::string_view request_id)
        override {
        http::response_head response(error == errc::internal ? 500 : 400);
        response.add("Content-Type", "text/plain; charset=utf-8");
        return {std::move(response), std::string(errc_name(error)) + " " + std::string(request_id) + "\n"};
    }

    void on_finished(const http::summary& done) override {
        log::write(
            log::level::debug,
            "profiling request",
            {{"target", done.head.target}, {"status", done.status}, {"remote", done.remote_address}}
        );
    }

  private:
    runtime::awaitable<answer> answer_to(http::exchange& request) {
        const http::request_head& head = request.head();
        if (head.path == "/debug/pprof/symbol" && head.method == http::method::post)
            return resolve(request);
        if (head.method != http::method::get)
            return at_once({405, "only GET here\n"});
        if (head.path == "/debug/pprof" || head.path == prefix)
            return at_once({200, index_page(), html});
        if (!head.path.starts_with(prefix))
            return at_once({404, "not here: see /debug/pprof/\n"});
        const std::string_view name = head.path.substr(prefix.size());
        if (name == "symbol")
            return at_once({200, symbol_reply({}, {})});
        if (name == "cmdline")
            return show_command_line();
        if (name == "threadz")
            return show_threads();
        auto [asked, complaint] = parse_capture_query(head.query);
        if (!complaint.empty())
            return at_once({400, complaint + "\n"});
        if (name == "profile")
            return show_profile(request, "cpu", std::move(asked));
        if (profiling::counter_named(name))
            return show_profile(request, std::string(name), std::move(asked));
        if (name == "flamegraph")
            return show_flames(request, std::move(asked));
        if (name == "captures")
            return at_once(show_captures(asked));
        return at_once({404, "not here: see /debug/pprof/\n"});
    }

    static runtime::awaitable<answer> at_once(answer reply) { co_return reply; }

    runtime::awaitable<answer> show_command_line() {
        auto reading = pool_.run(&read_command_line);
        auto line = co_await std::move(reading);
        if (!line)
            co_return refusal(line.error());
        co_return answer{200, std::move(*line)};
    }

    runtime::awaitable<answer> show_threads() {
        auto look = [] {
            return result<std::string>(threads_text(profiling::look_at_threads()));
        };
        auto looking = pool_.run(look);
        auto text = co_await std::move(looking);
        if (!text)
            co_return refusal(text.error());
        co_return answer{200, std::move(*text)};
    }

    runtime::awaitable<answer> show_profile(http::exchange& request, std::string kind, capture_query asked) {
        const bool legacy = asked.legacy;
        auto taking = taker_.take(request, std::move(kind), std::move(asked));
        const auto taken = co_await std::move(taking);
        if (!taken)
            co_return refusal(taken.error());
        co_return encoded(*taken->what, taken->id, legacy);
    }

    static answer encoded(const profiling::profile& what, std::uint64_t id, bool legacy) {
        const std::string name = "labstore-" + what.kind + "-" + std::to_string(id);
        if (!legacy)
            return {200, profiling::encode_pprof(what), "application/octet-stream", name + ".pb.gz"};
        if (what.kind == "cpu")
            return {200, profiling::encode_legacy(what), "application/octet-stream", name + ".prof"};
        return {200, profiling::encode_legacy(what)};
    }

    runtime::awaitable<answer> show_flames(http::exchange& request, capture_query asked) {
        std::shared_ptr<const profiling::profile> base;
        if (asked.base && (base = taker_.store().find(*asked.base)) == nullptr)
            co_return answer{404, "there is no such base: see /debug/pprof/captures\n"};
        std::shared_ptr<const profiling::profile> shown;
        if (asked.id) {
            shown = taker_.store().find(*asked.id);
            if (!shown)
                co_return answer{404, "there is no such capture: see /debug/pprof/captures\n"};
        }
        if (base && base->kind != (shown ? shown->kind : asked.kind))
            co_return answer{400, "a capture compares only with one of its own kind\n"};
        if (!shown) {
            auto taking = taker_.take(request, asked.kind, asked);
            const auto taken = co_await std::move(taking);
            if (!taken)
                co_return refusal(taken.error());
            shown = taken->what;
        }
        co_return answer{200, flamegraph_page(*shown, base.get()), html};
    }

    [[nodiscard]] answer show_captures(const capture_query& asked) const {
        if (!asked.id)
            return {200, captures_page(taker_.store().list()), html};
        const auto found = taker_.store().find(*asked.id);
        if (!found)
            return {404, "there is no such capture: see /debug/pprof/captures\n"};
        return encoded(*found, *asked.id, asked.legacy);
    }

    runtime::awaitable<answer> resolve(http::exchange& request) {
        std::string text;
        std::array<std::byte, 4096> room;
        for (;;) {
            const auto got = co_await request.read_body(room);
            if (!got)
                co_return answer{400, got.error().message() + "\n"};
            if (*got == 0)
                break;
            text += as_text(byte_span(room).first(*got));
            if (text.size() > symbol_request_bytes_max)
                co_return answer{413, "too many addresses\n"};
        }
        const auto addresses = parse_addresses(text);
        auto find = [&addresses] {
            return result<std::vector<std::string>>(profiling::function_names(addresses));
        };
        const auto names = co_await pool_.run(find);
        if (!names)
            co_return answer{503, names.error().message() + "\n"};
        co_return answer{200, symbol_reply(addresses, *names)};
    }

    runtime::blocking_pool& pool_;
    profile_taker taker_;
};

}  // namespace

std::unique_ptr<http::handler> make_pprof_handler(
    runtime::blocking_pool& pool, const runtime::task_group& running
) {
    return std::make_unique<pprof_handler>(pool, running);
}

}  // namespace labstore::admin
