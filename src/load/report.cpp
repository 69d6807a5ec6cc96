#include "load/print.hpp"

#include "labstore/load/report.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace labstore::load {
namespace {

using json = nlohmann::ordered_json;

void print_row(std::string& out, const operation_report& row) {
    const auto& l = row.latency;
    print(
        out,
        "%-10s %10llu %8llu %10.1f %12s %8.3f %8.3f %8.3f %8.3f %8.3f %8.3f %9.3f\n",
        row.name.c_str(),
        static_cast<unsigned long long>(row.operations),
        static_cast<unsigned long long>(row.errors),
        row.operations_per_second,
        (size_text(row.bytes_per_second) + "/s").c_str(),
        l.average_ms,
        l.min_ms,
        l.p50_ms,
        l.p90_ms,
        l.p99_ms,
        l.p999_ms,
        l.max_ms
    );
}

json latency_json(const latency_summary& latency) {
    return {
        {"average", latency.average_ms},
        {"min", latency.min_ms},
        {"p50", latency.p50_ms},
        {"p90", latency.p90_ms},
        {"p99", latency.p99_ms},
        {"p99.9", latency.p999_ms},
        {"max", latency.max_ms},
    };
}

json row_json(const operation_report& row) {
    return {
        {"name", row.name},
        {"operations", row.operations},
        {"errors", row.errors},
        {"bytes", row.bytes},
        {"operations_per_second", row.operations_per_second},
        {"bytes_per_second", row.bytes_per_second},
        {"latency_ms", latency_json(row.latency)},
    };
}

json second_json(const second_figures& second) {
    json out{
        {"at_s", second.at_s},
        {"measured", second.measured},
        {"operations_per_second", second.operations_per_second},
        {"errors_per_second", second.errors_per_second},
        {"bytes_per_second", second.bytes_per_second},
        {"average_ms", second.average_ms},
        {"p99_ms", second.p99_ms},
        {"max_ms", second.max_ms},
    };
    if (second.server_cores)
        out["server_cores"] = *second.server_cores;
    if (second.server_memory_bytes)
        out["server_memory_bytes"] = *second.server_memory_bytes;
    return out;
}

}  // namespace

std::string_view operation_name(operation kind) noexcept {
    constexpr std::array<std::string_view, operation_kinds> names{
        "GET", "STAT", "PUT", "DELETE", "LIST", "MULTIPART"};
    return names[static_cast<std::size_t>(kind)];
}

latency_summary summarize(const histogram& latencies) {
    const auto at = [&](double quantile) {
        return latencies.quantile_ns(quantile) / 1e6;
    };
    latency_summary out;
    out.average_ms = latencies.average_ns() / 1e6;
    out.min_ms = static_cast<double>(latencies.min_ns()) / 1e6;
    out.p50_ms = at(0.5);
    out.p90_ms = at(0.9);
    out.p99_ms = at(0.99);
    out.p999_ms = at(0.999);
    out.max_ms = static_cast<double>(latencies.max_ns()) / 1e6;
    return out;
}

std::string to_text(const report& found) {
    std::string out;
    print(
        out,
        "%s on %s, %zu connections, %zu threads, ",
        found.scenario.c_str(),
        found.endpoint.c_str(),
        found.concurrency,
        found.threads
    );
    if (found.target_rate > 0)
        print(out, "open loop at %.0f op/s", found.target_rate);
    else
        print(out, "closed loop");
    print(
        out,
        ", sizes %s, %.1f s measured%s\n\n",
        found.object_sizes.c_str(),
        found.measured_s,
        found.interrupted ? " (interrupted)" : ""
    );
    print(
        out,
        "%-10s %10s %8s %10s %12s %8s %8s %8s %8s %8s %8s %9s\n",
        "",
        "operations",
        "errors",
        "op/s",
        "bytes",
        "avg ms",
        "min",
        "p50",
        "p90",
        "p99",
        "p99.9",
        "max"
    );
    for (const auto& row : found.operations)
        print_row(out, row);
    print_row(out, found.total);
    out += '\n';
    for (const auto& [name, count] : found.errors)
        print(out, "error: %s, %llu times\n", name.c_str(), static_cast<unsigned long long>(count));
    if (found.unserved > 0)
        print(
            out,
            "unserved: %llu operations were due and never begun\n",
            static_cast<unsigned long long>(found.unserved)
        );
    if (found.reconnects > 0)
        print(out, "connections opened anew: %llu\n", static_cast<unsigned long long>(found.reconnects));
    print(
        out,
        "client: %.1f us of CPU an operation, %.2f cores\n",
        found.client_cpu_us_per_operation,
        found.client_cores
    );
    if (found.server)
        print(
            out,
            "server: %.1f us of CPU an operation, %.2f cores, %s resident (from %s)\n",
            found.server->cpu_us_per_operation,
            found.server->cores,
            size_text(found.server->memory_bytes).c_str(),
            found.server->source.c_str()
        );
    return out;
}

std::string to_json(const report& found) {
    json out{
        {"scenario", found.scenario},
        {"endpoint", found.endpoint},
        {"started_at", found.started_at},
        {"concurrency", found.concurrency},
        {"threads", found.threads},
        {"target_rate", found.target_rate},
        {"object_sizes", found.object_sizes},
        {"objects", found.objects},
        {"signing", found.signing},
        {"verified", found.verified},
        {"interrupted", found.interrupted},
        {"measured_s", found.measured_s},
        {"unserved", found.unserved},
        {"reconnects", found.reconnects},
        {"total", row_json(found.total)},
        {"operations", json::array()},
        {"errors", json::object()},
        {"client",
         {{"cores", found.client_cores}, {"cpu_us_per_operation", found.client_cpu_us_per_operation}}},
    };
    for (const auto& row : found.operations)
        out["operations"].push_back(row_json(row));
    for (const auto& [name, count] : found.errors)
        out["errors"][name] = count;
    if (found.server)
        out["server"] = {
            {"cores", found.server->cores},
            {"cpu_us_per_operation", found.server->cpu_us_per_operation},
            {"memory_bytes", found.server->memory_bytes},
            {"source", found.server->source},
        };
    out["seconds"] = json::array();
    for (const auto& second : found.seconds)
        out["seconds"].push_back(second_json(second));
    return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string to_csv(const report& found) {
    std::string out =
        "operation,operations,errors,bytes,operations_per_second,bytes_per_second,"
        "average_ms,min_ms,p50_ms,p90_ms,p99_ms,p999_ms,max_ms\n";
    auto rows = found.operations;
    rows.insert(rows.begin(), found.total);
    for (const auto& row : rows) {
        const auto& l = row.latency;
        print(
            out,
            "%s,%llu,%llu,%llu,%.3f,%.1f,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f\n",
            row.name.c_str(),
            static_cast<unsigned long long>(row.operations),
            static_cast<unsigned long long>(row.errors),
            static_cast<unsigned long long>(row.bytes),
            row.operations_per_second,
            row.bytes_per_second,
            l.average_ms,
            l.min_ms,
            l.p50_ms,
            l.p90_ms,
            l.p99_ms,
            l.p999_ms,
            l.max_ms
        );
    }
    return out;
}

}  // namespace labstore::load
