#include "labstore/load/report.hpp"

#include "labstore/base.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace labstore::load {
namespace {

enum class unit { milliseconds, plain, bytes, microseconds };

struct measure {
    std::string_view name;
    unit in;
    double (*read)(const report& all, const operation_report& of);
    bool whole_run_only = false;
};

/// Everything that can be expected, with where it is found.
constexpr std::array<measure, 13> measures{{
    {"throughput",
     unit::plain,
     [](const report&, const operation_report& of) {
         return of.operations_per_second;
     }},
    {"bandwidth",
     unit::bytes,
     [](const report&, const operation_report& of) {
         return of.bytes_per_second;
     }},
    {"operations",
     unit::plain,
     [](const report&, const operation_report& of) {
         return static_cast<double>(of.operations);
     }},
    {"errors",
     unit::plain,
     [](const report&, const operation_report& of) {
         return static_cast<double>(of.errors);
     }},
    {"unserved",
     unit::plain,
     [](const report& all, const operation_report&) { return static_cast<double>(all.unserved); },
     true},
    {"avg",
     unit::milliseconds,
     [](const report&, const operation_report& of) {
         return of.latency.average_ms;
     }},
    {"min",
     unit::milliseconds,
     [](const report&, const operation_report& of) {
         return of.latency.min_ms;
     }},
    {"p50",
     unit::milliseconds,
     [](const report&, const operation_report& of) {
         return of.latency.p50_ms;
     }},
    {"p90",
     unit::milliseconds,
     [](const report&, const operation_report& of) {
         return of.latency.p90_ms;
     }},
    {"p99",
     unit::milliseconds,
     [](const report&, const operation_report& of) {
         return of.latency.p99_ms;
     }},
    {"p99.9",
     unit::milliseconds,
     [](const report&, const operation_report& of) {
         return of.latency.p999_ms;
     }},
    {"max",
     unit::milliseconds,
     [](const report&, const operation_report& of) {
         return of.latency.max_ms;
     }},
    {"client-cpu",
     unit::microseconds,
     [](const report& all, const operation_report&) { return all.client_cpu_us_per_operation; },
     true},
}};

const measure* find_measure(std::string_view name) noexcept {
    const auto found = std::ranges::find(measures, name, &measure::name);
    return found == measures.end() ? nullptr : &*found;
}

outcome<double> parse_value(std::string_view text, unit in) {
    if (in == unit::plain)
        return parse_number(text);
    if (in == unit::bytes) {
        const auto size = parse_size(text);
        if (!size)
            return size.error();
        return static_cast<double>(*size);
    }
    const auto time = parse_duration(text);
    if (!time)
        return time.error();
    return static_cast<double>(time->count()) / (in == unit::milliseconds ? 1e6 : 1e3);
}

std::string value_text(double value, const expectation& of) {
    const auto* const what = find_measure(of.measure);
    if (what->in == unit::bytes)
        return size_text(value) + "/s";
    std::array<char, 64> text;
    const char* const format = of.share                         ? "%.4g %%"
                               : what->in == unit::milliseconds ? "%.3f ms"
                               : what->in == unit::microseconds ? "%.1f us"
                               : value == std::floor(value)     ? "%.0f"
                                                                : "%.1f";
    std::snprintf(text.data(), text.size(), format, value);
    return text.data();
}

bool holds(double found, const expectation& wanted) noexcept {
    switch (wanted.how) {
        case expectation::comparison::less:
            return found < wanted.value;
        case expectation::comparison::at_most:
            return found <= wanted.value;
        case expectation::comparison::more:
            return found > wanted.value;
        case expectation::comparison::at_least:
            return found >= wanted.value;
        case expectation::comparison::equal:
            break;
    }
    return found == wanted.value;
}

outcome<expectation> parse_one(std::string_view text) {
    expectation made;
    made.text = text;
    const auto at = text.find_first_of("<>=");
    if (at == std::string_view::npos)
        return fault{"'" + made.text + "' compares nothing: wanted something like p99<10ms"};
    const bool or_equal = text[at] != '=' && at + 1 < text.size() && text[at + 1] == '=';
    using comparison = expectation::comparison;
    if (text[at] == '<')
        made.how = or_equal ? comparison::at_most : comparison::less;
    else if (text[at] == '>')
        made.how = or_equal ? comparison::at_least : comparison::more;
    auto name = trim(text.substr(0, at));
    const auto dot = name.find('.');
    if (dot != std::string_view::npos && find_measure(name) == nullptr) {
        for (std::size_t i = 0; i < operation_kinds; ++i)
            if (equal_ignoring_case(operation_name(static_cast<operation>(i)), name.substr(0, dot)))
                made.operation = operation_name(static_cast<operation>(i));
        if (made.operation.empty())
            return fault{"'" + made.text + "' names no operation before the dot"};
        name = name.substr(dot + 1);
    }
    const auto* const what = find_measure(name);
    if (what == nullptr || (what->whole_run_only && !made.operation.empty()))
        return fault{"'" + made.text + "' names nothing that is measured"};
    made.measure = name;
    auto value = trim(text.substr(at + (or_equal ? 2 : 1)));
    if (name == "errors" && value.ends_with('%')) {
        made.share = true;
        value.remove_suffix(1);
    }
    const auto parsed = parse_value(value, what->in);
    if (!parsed)
        return fault{"'" + made.text + "': " + parsed.error().text};
    made.value = *parsed;
    return made;
}

}  // namespace

outcome<std::vector<expectation>> parse_expectations(std::string_view text) {
    std::vector<expectation> all;
    while (true) {
        const auto end = text.find(',');
        const auto made = parse_one(trim(text.substr(0, end)));
        if (!made)
            return made.error();
        all.push_back(*made);
        if (end == std::string_view::npos)
            return all;
        text.remove_prefix(end + 1);
    }
}

std::vector<verdict> judge(const report& found, const std::vector<expectation>& wanted) {
    std::vector<verdict> verdicts;
    for (const auto& each : wanted) {
        const operation_report* row = &found.total;
        if (!each.operation.empty()) {
            const auto at = std::ranges::find(found.operations, each.operation, &operation_report::name);
            row = at == found.operations.end() ? nullptr : &*at;
        }
        // Without a single success a latency of 0 is no achievement.
        const bool about_time = find_measure(each.measure)->in == unit::milliseconds;
        if (row == nullptr || (about_time && row->operations == 0)) {
            verdicts.push_back({each.text + ": not met (no operation)", false});
            continue;
        }
        double value = find_measure(each.measure)->read(found, *row);
        if (each.share) {
            const auto all = static_cast<double>(row->operations + row->errors);
            value = all > 0 ? 100 * value / all : 0;
        }
        const bool met = holds(value, each);
        verdicts.push_back(
            {each.text + (met ? ": met (" : ": not met (") + value_text(value, each) + ")", met}
        );
    }
    return verdicts;
}

}  // namespace labstore::load
