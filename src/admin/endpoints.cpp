#include "labstore/admin.hpp"

#include "admin/lifecycle_report.hpp"

#include <nlohmann/json.hpp>

namespace labstore::admin {
namespace {

constexpr std::string_view prefix = "/-/";

/// Only the socket's own address counts: forwarding headers are anybody's to write.
bool is_loopback(std::string_view address) noexcept {
    return address.starts_with("127.") || address == "::1" || address.starts_with("::ffff:127.");
}

struct answer {
    unsigned status = 200;
    std::string body;
    std::string_view content_type = "application/json";
};

answer json_answer(unsigned status, std::string_view state) {
    nlohmann::json document;
    document["status"] = state;
    return {status, document.dump() + "\n"};
}

answer readiness(const status_source& status) {
    if (status.draining())
        return json_answer(503, "draining");
    if (!status.writable())
        return json_answer(503, "read-only");
    return json_answer(200, "ready");
}

/// Names keys, so it is for the owner only.
runtime::awaitable<answer> report_lifecycle(const http::request_head& head, const status_source& status) {
    if (!status.is_signed(head))
        co_return json_answer(403, "sign the request with the root credential");
    auto wanted = parse_forecast_query(head.query, status.time().now());
    if (!wanted)
        co_return json_answer(400, "expected bucket=NAME and, if wanted, days=N, limit=N, after=TOKEN");
    auto page = co_await status.forecast(std::move(*wanted));
    if (page)
        co_return answer{200, forecast_lines(*page), "application/x-ndjson"};
    switch (to_errc(page.error())) {
        case errc::no_such_bucket:
            co_return json_answer(404, "no such bucket");
        case errc::invalid_argument:
            co_return json_answer(400, "not an `after` of a page before");
        default:
            co_return json_answer(500, "the index cannot be read");
    }
}

}  // namespace

bool owns(std::string_view path) noexcept {
    return path.starts_with(prefix) || path == prefix.substr(0, prefix.size() - 1);
}

runtime::awaitable<void> endpoints::handle(http::exchange& request) const {
    const http::request_head& head = request.head();
    answer reply = json_answer(404, "not found");
    request.notes().operation = "Admin";
    if (head.method != http::method::get && head.method != http::method::head) {
        reply = json_answer(405, "method not allowed");
    } else if (head.path == "/-/health/live") {
        request.notes().operation = "HealthLive";
        reply = json_answer(200, "live");
    } else if (head.path == "/-/health/ready") {
        request.notes().operation = "HealthReady";
        reply = readiness(status_);
    } else if (head.path == "/-/metrics") {
        request.notes().operation = "Metrics";
        if (is_loopback(request.remote_address()))
            reply = {200, numbers_.render_prometheus(), "text/plain; version=0.0.4; charset=utf-8"};
        else
            reply = json_answer(403, "metrics are shown to loopback only");
    } else if (head.path == "/-/lifecycle") {
        request.notes().operation = "LifecycleReport";
        reply = co_await report_lifecycle(head, status_);
    }
    http::response_head response(reply.status);
    response.add("Content-Type", reply.content_type);
    response.add("Cache-Control", "no-store");
    if (reply.status == 405)
        response.add("Allow", "GET, HEAD");
    // A failure here means that the peer is gone: http notices by itself.
    const auto sent = co_await request.respond(std::move(response), std::move(reply.body));
    static_cast<void>(sent);
}

}  // namespace labstore::admin
