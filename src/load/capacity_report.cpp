#include "load/print.hpp"
#include "load/svg_chart.hpp"

#include "labstore/load/capacity.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace labstore::load {
namespace {

using json = nlohmann::ordered_json;

/// What the plan says, a sentence a line.
std::string conclusions(const capacity_report& found) {
    const auto& plan = found.plan;
    const auto& asked = found.asked;
    std::string out;
    print(out, "capacity within %s: %.0f op/s\n", asked.sla.text.c_str(), plan.capacity);
    print(
        out,
        "to be planned with at %.0f %% utilisation: %.0f op/s\n",
        asked.target_utilization * 100,
        plan.planned
    );
    print(out, "bottleneck: %s\n", found.bottleneck.c_str());
    if (found.server_cpu.us_per_operation > 0)
        print(
            out,
            "the server takes %.2f cores at rest and %.1f us of CPU an operation\n",
            found.server_cpu.base_cores,
            found.server_cpu.us_per_operation
        );
    if (asked.desired_rate <= 0)
        return out;
    print(
        out, "%.0f op/s desired need a capacity of %.0f op/s: ", asked.desired_rate, plan.required_capacity
    );
    print(out, "%.0f %s like this one", plan.machines, plan.machines == 1 ? "machine" : "machines");
    if (plan.server_cores > 0)
        print(out, ", %.1f cores for the server alone", plan.server_cores);
    print(out, "\nheadroom: %+.1f %%\n", plan.headroom * 100);
    if (plan.months)
        print(
            out,
            "at %.1f %% growth a month it lasts for %.1f months\n",
            (asked.growth - 1) * 100,
            *plan.months
        );
    return out;
}

json number_or_null(double value) {
    return std::isfinite(value) ? json(value) : json();
}

json step_json(const capacity_step& step) {
    json resources = json::object();
    for (const auto& each : step.resources)
        resources[each.name] = each.utilization;
    return {
        {"offered", step.offered},
        {"achieved", step.achieved},
        {"average_ms", step.average_ms},
        {"sla_latency_ms", step.sla_latency_ms},
        {"errors", step.errors},
        {"unserved", step.unserved},
        {"server_cores", step.server_cores},
        {"sustained", step.sustained},
        {"within_sla", step.within_sla},
        {"utilization", resources},
    };
}

json check_json(const capacity_check& check) {
    return {
        {"what", check.what},
        {"predicted_rate", check.rate},
        {"measured_rate", check.achieved},
        {"rate_error", check.rate_error},
        {"predicted_latency_ms", number_or_null(check.predicted_latency_ms)},
        {"measured_latency_ms", check.measured_latency_ms},
        {"predicted_server_cores", check.predicted_server_cores},
        {"measured_server_cores", check.measured_server_cores},
        {"within_sla", check.within_sla},
    };
}

chart latency_chart(const capacity_report& found) {
    chart drawn{"Latency against rate", "operations a second", found.asked.sla.measure + ", ms", {}, {}, 0};
    chart_line measured{"measured", "#1764ab", {}, true};
    for (const auto& each : found.steps)
        if (each.offered > 0)
            measured.points.emplace_back(each.achieved, each.sla_latency_ms);
    drawn.y_max = found.asked.sla.value * 2;
    if (found.fit) {
        constexpr int points = 120;
        chart_line curve{"fit", "#b26a00", {}, false};
        for (int i = 1; i < points; ++i) {
            const double rate = found.fit->saturation * i / points;
            const double latency = found.fit->latency_ms(rate);
            curve.points.emplace_back(rate, std::min(latency, drawn.y_max));
            if (latency > drawn.y_max)
                break;
        }
        drawn.lines.push_back(curve);
    }
    drawn.lines.push_back(measured);
    drawn.marks = {{found.plan.planned, "planned"}, {found.plan.capacity, "capacity"}};
    if (found.asked.desired_rate > 0)
        drawn.marks.emplace_back(found.asked.desired_rate, "desired");
    return drawn;
}

chart utilization_chart(const capacity_report& found) {
    constexpr std::array<const char*, 6> colours{
        "#1764ab", "#b26a00", "#2e7d32", "#b3261e", "#6a1b9a", "#455a64"};
    chart drawn{"Utilisation", "operations a second", "per cent", {}, {}, 105};
    if (found.steps.empty())
        return drawn;
    for (const auto& resource : found.steps.front().resources) {
        chart_line line{resource.name, colours[drawn.lines.size() % colours.size()], {}, true};
        for (const auto& step : found.steps)
            for (const auto& each : step.resources)
                if (each.name == resource.name)
                    line.points.emplace_back(step.achieved, each.utilization * 100);
        drawn.lines.push_back(line);
    }
    return drawn;
}

}  // namespace

std::string to_text(const capacity_report& found) {
    std::string out;
    print(
        out,
        "capacity of %s for %s, sizes %s, %zu connections%s\n\n",
        found.endpoint.c_str(),
        found.scenario.c_str(),
        found.object_sizes.c_str(),
        found.concurrency,
        found.interrupted ? " (interrupted)" : ""
    );
    print(
        out,
        "%10s %10s %10s %12s %8s %8s %8s\n",
        "offered",
        "answered",
        "avg ms",
        (found.asked.sla.measure + " ms").c_str(),
        "errors",
        "cores",
        ""
    );
    for (const auto& each : found.steps) {
        const std::string offered = each.offered > 0 ? std::to_string(std::lround(each.offered)) : "closed";
        print(
            out,
            "%10s %10.0f %10.3f %12.3f %8llu %8.2f %8s\n",
            offered.c_str(),
            each.achieved,
            each.average_ms,
            each.sla_latency_ms,
            static_cast<unsigned long long>(each.errors),
            each.server_cores,
            each.offered == 0 ? ""
            : each.good()     ? "good"
            : each.sustained  ? "too slow"
                              : "too much"
        );
    }
    out += '\n' + conclusions(found);
    for (const auto& each : found.checks)
        print(
            out,
            "validated %s: predicted %.0f op/s, %.3f ms, %.2f cores; measured %.0f op/s (%+.1f %%), %.3f ms, "
            "%.2f cores%s\n",
            each.what.c_str(),
            each.rate,
            each.predicted_latency_ms,
            each.predicted_server_cores,
            each.achieved,
            each.rate_error * 100,
            each.measured_latency_ms,
            each.measured_server_cores,
            each.within_sla ? "" : ", past the SLA"
        );
    return out;
}

std::string to_json(const capacity_report& found) {
    const auto& plan = found.plan;
    json out{
        {"scenario", found.scenario},
        {"endpoint", found.endpoint},
        {"started_at", found.started_at},
        {"object_sizes", found.object_sizes},
        {"concurrency", found.concurrency},
        {"sla", found.asked.sla.text},
        {"target_utilization", found.asked.target_utilization},
        {"interrupted", found.interrupted},
        {"capacity", plan.capacity},
        {"planned", plan.planned},
        {"bottleneck", found.bottleneck},
        {"server_cpu_us_per_operation", found.server_cpu.us_per_operation},
        {"server_cores_at_rest", found.server_cpu.base_cores},
    };
    if (found.asked.desired_rate > 0) {
        out["desired_rate"] = found.asked.desired_rate;
        out["required_capacity"] = plan.required_capacity;
        out["headroom"] = plan.headroom;
        out["machines"] = plan.machines;
        out["server_cores"] = plan.server_cores;
        out["growth_a_month"] = found.asked.growth - 1;
        out["months"] = plan.months ? json(*plan.months) : json();
    }
    if (found.fit)
        out["fit"] = {
            {"base_ms", found.fit->base_ms},
            {"wait_ms", found.fit->wait_ms},
            {"servers", found.fit->servers},
            {"saturation", found.fit->saturation},
        };
    out["steps"] = json::array();
    for (const auto& each : found.steps)
        out["steps"].push_back(step_json(each));
    out["validation"] = json::array();
    for (const auto& each : found.checks)
        out["validation"].push_back(check_json(each));
    return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string to_html(const capacity_report& found) {
    std::string body = "<p>" + html_text(found.endpoint) + ", " + html_text(found.started_at) + ", sizes " +
                       html_text(found.object_sizes) + ", " + std::to_string(found.concurrency) +
                       " connections.</p>\n<ul>";
    std::string_view lines;
    const auto said = conclusions(found);
    for (lines = said; !lines.empty();) {
        const auto end = std::min(lines.find('\n'), lines.size());
        body += "<li>" + html_text(lines.substr(0, end)) + "</li>\n";
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    body += "</ul>\n" + to_svg(latency_chart(found)) + to_svg(utilization_chart(found));
    body += "<pre>" + html_text(to_text(found)) + "</pre>\n";
    return html_page("Capacity: " + found.scenario, body);
}

}  // namespace labstore::load
