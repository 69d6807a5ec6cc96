#include "admin/pprof_query.hpp"

#include "labstore/base.hpp"
#include "labstore/profiling.hpp"

#include <algorithm>
#include <array>

namespace labstore::admin {
namespace {

std::string_view take(std::string_view& text, char separator) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

/// False when the value is not of its form.
using reader = bool (*)(std::string_view value, capture_query& into);

bool read_seconds(std::string_view value, capture_query& into) {
    const auto number = parse_decimal(value);
    if (!number || *number < 1 || *number > static_cast<std::uint64_t>(capture_time_max.count()))
        return false;
    into.seconds = std::chrono::seconds(*number);
    return true;
}

bool read_format(std::string_view value, capture_query& into) {
    into.legacy = into.legacy || value == "legacy";
    return value == "legacy" || value == "proto";
}

/// As Go has it: 0 is the message, 1 the form for people.
bool read_debug(std::string_view value, capture_query& into) {
    into.legacy = into.legacy || value == "1";
    return value == "0" || value == "1";
}

bool read_kind(std::string_view value, capture_query& into) {
    into.kind = value;
    return value == "cpu" || profiling::counter_named(value).has_value();
}

bool read_base(std::string_view value, capture_query& into) {
    into.base = parse_decimal(value);
    return into.base.has_value();
}

bool read_id(std::string_view value, capture_query& into) {
    into.id = parse_decimal(value);
    return into.id.has_value();
}

struct parameter {
    std::string_view name;
    reader read;
    std::string_view complaint;
};

constexpr auto parameters = std::to_array<parameter>({
    {"seconds", &read_seconds, "seconds must be 1 to 600"},
    {"format", &read_format, "format must be proto or legacy"},
    {"debug", &read_debug, "debug must be 0 or 1"},
    {"kind", &read_kind, "kind must be cpu, heap, allocs, growth or contention"},
    {"base", &read_base, "base must be the number of a capture"},
    {"id", &read_id, "id must be the number of a capture"},
});

}  // namespace

parsed_query parse_capture_query(std::string_view query) {
    parsed_query out;
    std::array<bool, parameters.size()> seen{};
    while (!query.empty()) {
        std::string_view part = take(query, '&');
        const std::string_view name = take(part, '=');
        const auto known = std::ranges::find(parameters, name, &parameter::name);
        if (known == parameters.end())
            continue;
        bool& again = seen[static_cast<std::size_t>(known - parameters.begin())];
        if (again)
            return {{}, std::string(name) + " stands there twice"};
        again = true;
        if (!known->read(part, out.asked))
            return {{}, std::string(known->complaint)};
    }
    return out;
}

}  // namespace labstore::admin
