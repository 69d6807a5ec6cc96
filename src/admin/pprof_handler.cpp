#include "admin/pprof_text.hpp"
#include "labstore/admin.hpp"
#include "labstore/profiling.hpp"

#include <array>
#include <fstream>
#include <sstream>

namespace labstore::admin {
namespace {

constexpr std::string_view index_text =
    "LabStore profiling\n\n"
    "/debug/pprof/profile?seconds=30   CPU profile: go tool pprof http://HOST:PORT/debug/pprof/profile\n"
    "/debug/pprof/symbol               names of code addresses\n"
    "/debug/pprof/cmdline              the command line\n";

struct answer {
    unsigned status = 200;
    std::string body;
    std::string_view content_type = "text/plain; charset=utf-8";
};

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
        : pool_(pool), running_(running) {}

    runtime::awaitable<void> handle(http::exchange& request) override {
        auto reply = co_await answer_to(request);
        http::response_head response(reply.status);
        response.add("Content-Type", reply.content_type);
        response.add("X-Content-Type-Options", "nosniff");
        const auto sent = co_await request.respond(std::move(response), std::move(reply.body));
        static_cast<void>(sent);
    }

    std::pair<http::response_head, std::string> make_error(
        errc error, std::string_view /*target*/, std::string_view request_id
    ) override {
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
        if (head.path == "/debug/pprof/symbol" && head.method == http::method::post) {
            auto named = co_await resolve(request);
            co_return named;
        }
        if (head.method != http::method::get)
            co_return answer{405, "only GET here\n"};
        if (head.path == "/debug/pprof/" || head.path == "/debug/pprof")
            co_return answer{200, std::string(index_text)};
        if (head.path == "/debug/pprof/symbol")
            co_return answer{200, symbol_reply({}, {})};
        if (head.path == "/debug/pprof/profile") {
            auto profile = co_await capture(head.query);
            co_return profile;
        }
        if (head.path == "/debug/pprof/cmdline") {
            auto line = co_await pool_.run(&read_command_line);
            if (!line)
                co_return answer{503, line.error().message() + "\n"};
            co_return answer{200, std::move(*line)};
        }
        co_return answer{404, "not here: see /debug/pprof/\n"};
    }

    runtime::awaitable<answer> capture(std::string_view query) {
        const auto duration = profile_time(query);
        if (!duration)
            co_return answer{400, "seconds must be 1 to 600\n"};
        auto sampling = profiling::cpu_capture::start();
        if (!sampling && to_errc(sampling.error()) == errc::busy)
            co_return answer{409, "another CPU profile is being taken\n"};
        if (!sampling)
            co_return answer{503, sampling.error().message() + "\n"};
        // Cut short by a stop, the samples taken so far are a profile still.
        const auto slept = co_await runtime::sleep_for(*duration, running_);
        static_cast<void>(slept);
        auto finish = [&sampling] {
            return sampling->finish();
        };
        auto profile = co_await pool_.run(finish);
        if (!profile)
            co_return answer{503, profile.error().message() + "\n"};
        co_return answer{200, std::move(*profile), "application/octet-stream"};
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
    const runtime::task_group& running_;
};

}  // namespace

std::unique_ptr<http::handler> make_pprof_handler(
    runtime::blocking_pool& pool, const runtime::task_group& running
) {
    return std::make_unique<pprof_handler>(pool, running);
}

}  // namespace labstore::admin
