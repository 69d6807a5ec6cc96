#include "admin/lifecycle_report.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace labstore::admin {
namespace {

constexpr std::uint64_t days_max = 36'500;
constexpr std::uint64_t rows_max = 1'000;

std::string_view take(std::string_view& text, char separator) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

bool read(
    storage::lifecycle_forecast_request& into, std::string_view name, const std::string& value, wall_time now
) {
    const auto number = parse_decimal(value);
    if (name == "bucket")
        into.bucket = value;
    else if (name == "after")
        into.after = value;
    else if (name == "days" && number && *number <= days_max)
        into.until = now + std::chrono::hours(24) * *number;
    else if (name == "limit" && number && *number >= 1 && *number <= rows_max)
        into.limit = *number;
    else
        return false;
    return true;
}

}  // namespace

std::optional<storage::lifecycle_forecast_request> parse_forecast_query(
    std::string_view query, wall_time now
) {
    storage::lifecycle_forecast_request out;
    out.until = wall_time::max();
    std::set<std::string_view> seen;
    while (!query.empty()) {
        auto pair = take(query, '&');
        const auto name = take(pair, '=');
        const auto value = percent_decode(pair, plus_sign::is_space);
        if (!value || !seen.insert(name).second || !read(out, name, *value, now))
            return std::nullopt;
    }
    if (out.bucket.empty())
        return std::nullopt;
    return out;
}

std::string forecast_lines(const storage::lifecycle_forecast_page& page) {
    std::string out;
    for (const auto& entry : page.entries) {
        nlohmann::ordered_json line;
        line["key"] = entry.key;
        if (!entry.version_id.empty())
            line[entry.action == storage::lifecycle_action::abort_upload ? "upload_id" : "version_id"] =
                entry.version_id;
        line["action"] = storage::lifecycle_action_name(entry.action);
        line["due"] = format_iso8601(entry.due);
        line["rule_id"] = entry.rule_id;
        line["size_bytes"] = entry.size_bytes;
        // Keys are UTF-8; should one not be, its line is still a line.
        out += line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    }
    if (!page.next.empty())
        out += nlohmann::json{{"next", page.next}}.dump() + "\n";
    return out;
}

}  // namespace labstore::admin
