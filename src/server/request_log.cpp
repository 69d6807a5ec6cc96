#include "server/request_log.hpp"

#include <algorithm>
#include <mutex>

namespace labstore::server {
namespace {

constexpr std::array<std::string_view, 6> status_names = {"cut", "1xx", "2xx", "3xx", "4xx", "5xx"};

void write_access_line(const http::summary& done) {
    log::access_entry entry;
    entry.method = done.head.method_text;
    entry.path = done.head.target;
    entry.status = static_cast<int>(done.status);
    entry.bytes_in = done.bytes_in;
    entry.bytes_out = done.bytes_out;
    entry.duration = done.duration;
    entry.request_id = done.request_id;
    entry.remote_address = done.remote_address;
    entry.access_key_id = done.notes.access_key;
    entry.operation = done.notes.operation;
    entry.error_code = done.notes.error_code;
    entry.user_agent = done.head.find("User-Agent").value_or("");
    log::access(std::move(entry));
}

}  // namespace

request_log::request_log(metrics::registry& numbers)
    : numbers_(numbers),
      bytes_in_(numbers.add_counter("labstore_request_bytes_total", "Bytes of request bodies received.")),
      bytes_out_(numbers.add_counter("labstore_response_bytes_total", "Bytes of responses sent.")) {}

void request_log::on_finished(const http::summary& done) {
    series& counted = series_of(done.notes.operation);
    counted.by_status[std::min<std::size_t>(done.status / 100, counted.by_status.size() - 1)]->add();
    counted.duration->observe(std::chrono::duration<double>(done.duration).count());
    bytes_in_.add(done.bytes_in);
    bytes_out_.add(done.bytes_out);
    if (log::access_enabled())
        write_access_line(done);
}

request_log::series& request_log::series_of(std::string_view operation) {
    {
        const std::shared_lock lock(mutex_);
        if (const auto found = by_operation_.find(operation); found != by_operation_.end())
            return *found->second;
    }
    const std::unique_lock lock(mutex_);
    auto& place = by_operation_[operation];
    if (!place) {
        const std::string name(operation.empty() ? "none" : operation);
        place = std::make_unique<series>();
        for (std::size_t i = 0; i < status_names.size(); ++i)
            place->by_status[i] = &numbers_.add_counter(
                "labstore_requests_total",
                "Requests by operation and class of status; cut is a connection lost before the response.",
                {{"operation", name}, {"status", std::string(status_names[i])}}
            );
        place->duration = &numbers_.add_histogram(
            "labstore_request_duration_seconds",
            "From the start of a request to the end of its response.",
            metrics::duration_bounds(),
            {{"operation", name}}
        );
    }
    return *place;
}

void log_head(const http::request_head& head, std::string_view request_id) {
    if (!log::enabled(log::level::debug))
        return;
    std::string headers;
    for (const http::header& one : head.headers) {
        if (!headers.empty())
            headers += "; ";
        headers += one.name;
        headers += ": ";
        headers += observability::masked_header_value(one.name, one.value);
    }
    const std::string target = observability::masked_target(head.target);
    log::write(
        log::level::debug,
        "request head",
        {{"request_id", request_id}, {"method", head.method_text}, {"target", target}, {"headers", headers}}
    );
}

}  // namespace labstore::server
