#include "load/svg_chart.hpp"

#include "labstore/load/report.hpp"

#include <array>
#include <cstdio>

namespace labstore::load {
namespace {

std::string fixed_point(double value, int digits) {
    std::array<char, 64> text;
    std::snprintf(text.data(), text.size(), "%.*f", digits, value);
    return text.data();
}

std::string row_of(const operation_report& row) {
    std::string out = "<tr><td>" + html_text(row.name) + "</td>";
    const auto cell = [&](const std::string& text) {
        out += "<td>" + text + "</td>";
    };
    cell(std::to_string(row.operations));
    cell(std::to_string(row.errors));
    cell(fixed_point(row.operations_per_second, 1));
    cell(size_text(row.bytes_per_second) + "/s");
    const auto& l = row.latency;
    for (const double value : {l.average_ms, l.min_ms, l.p50_ms, l.p90_ms, l.p99_ms, l.p999_ms, l.max_ms})
        cell(fixed_point(value, 3));
    return out + "</tr>\n";
}

std::string table_of(const report& found) {
    std::string out = "<table><tr>";
    for (const char* const head :
         {"", "operations", "errors", "op/s", "bytes", "avg ms", "min", "p50", "p90", "p99", "p99.9", "max"})
        out += std::string("<th>") + head + "</th>";
    out += "</tr>\n";
    for (const auto& row : found.operations)
        out += row_of(row);
    return out + row_of(found.total) + "</table>\n";
}

chart_line over_time(
    const report& found, const char* name, const char* colour, double second_figures::*value
) {
    chart_line line{name, colour, {}, false};
    for (const auto& second : found.seconds)
        line.points.emplace_back(second.at_s, second.*value);
    return line;
}

std::string charts_of(const report& found) {
    chart rate{"Throughput", "seconds", "operations a second", {}, {}, 0};
    rate.lines.push_back(over_time(found, "operations", "#1764ab", &second_figures::operations_per_second));
    rate.lines.push_back(over_time(found, "errors", "#b3261e", &second_figures::errors_per_second));
    chart latency{"Latency", "seconds", "milliseconds", {}, {}, 0};
    latency.lines.push_back(over_time(found, "average", "#1764ab", &second_figures::average_ms));
    latency.lines.push_back(over_time(found, "p99", "#b26a00", &second_figures::p99_ms));
    std::string out = to_svg(rate) + to_svg(latency);
    chart_line cores{"server", "#2e7d32", {}, false};
    for (const auto& second : found.seconds)
        if (second.server_cores)
            cores.points.emplace_back(second.at_s, *second.server_cores);
    if (!cores.points.empty())
        out += to_svg({"CPU of the server", "seconds", "cores", {cores}, {}, 0});
    return out;
}

}  // namespace

std::string to_html(const report& found) {
    std::string body = "<p>" + html_text(found.endpoint) + ", " + html_text(found.started_at) + ", " +
                       std::to_string(found.concurrency) + " connections, ";
    body +=
        found.target_rate > 0 ? "open loop at " + fixed_point(found.target_rate, 0) + " op/s" : "closed loop";
    body += ", sizes " + html_text(found.object_sizes) + ", " + fixed_point(found.measured_s, 1) +
            " s measured" + (found.interrupted ? " (interrupted)" : "") + ".</p>\n";
    body += table_of(found);
    if (!found.errors.empty() || found.unserved > 0) {
        body += "<table><tr><th>error</th><th>times</th></tr>\n";
        for (const auto& [name, count] : found.errors)
            body += "<tr><td>" + html_text(name) + "</td><td>" + std::to_string(count) + "</td></tr>\n";
        body +=
            "<tr><td>due and never begun</td><td>" + std::to_string(found.unserved) + "</td></tr></table>\n";
    }
    body += "<p>Client: " + fixed_point(found.client_cpu_us_per_operation, 1) + " us of CPU an operation.";
    if (found.server)
        body += " Server: " + fixed_point(found.server->cpu_us_per_operation, 1) + " us, " +
                fixed_point(found.server->cores, 2) + " cores, " + size_text(found.server->memory_bytes) +
                " resident.";
    body += "</p>\n" + charts_of(found);
    return html_page("labstore-load: " + found.scenario, body);
}

}  // namespace labstore::load
