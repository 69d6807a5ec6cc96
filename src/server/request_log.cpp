#include "server/request_log.hpp"

namespace labstore::server {
namespace {

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

request_log::request_log(metrics::registry& numbers) : outcomes_(numbers) {}

void request_log::on_finished(const http::summary& done) {
    const auto& series = outcomes_.find({done.notes.operation, done.notes.error_code, done.status});
    series.requests.add();
    series.duration.observe(done.duration);
    if (done.first_byte.count() > 0)
        series.first_byte.observe(done.first_byte);
    if (done.bytes_in > 0)
        series.bytes_in.add(done.bytes_in);
    if (done.bytes_out > 0)
        series.bytes_out.add(done.bytes_out);
    if (log::access_enabled())
        write_access_line(done);
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
