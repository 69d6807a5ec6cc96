#include "profiling/station.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace labstore::profiling {
namespace {

/// The first row whose words a name begins with. Tools of every station (crypto, runtime, base) have none: the
/// caller counts.
constexpr auto rows = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"net::", "net"},
    {"http::connection::", "net"},
    {"http::", "http"},
    {"auth::", "auth"},
    {"log::", "logging"},
    {"observability::", "logging"},
    {"metrics::", "logging"},
    {"server::request_log", "logging"},
    {"server::outcome_table", "logging"},
    {"server::log_head", "logging"},
    {"server::write_access_line", "logging"},
    {"s3::", "s3"},
    {"storage::commit", "commit"},
    {"meta::committer", "commit"},
    {"meta::database::write", "commit"},
    {"blob::segment_committer", "commit"},
    {"blob::segment_appender", "commit"},
    {"storage::", "storage"},
    {"meta::", "meta"},
    {"blob::", "blob"},
    {"admin::", "admin"},
    {"server::", "server"},
    {"profiling::", "profiling"},
    {"config::", "config"},
});

std::string_view station_in(std::string_view name) {
    const auto found =
        std::ranges::find_if(rows, [name](const auto& row) { return name.starts_with(row.first); });
    return found == rows.end() ? std::string_view() : found->second;
}

}  // namespace

std::string station_of(std::span<const std::string_view> names) {
    std::string_view innermost;
    for (const std::string_view name : names) {
        const std::string_view here = station_in(name);
        if (innermost.empty())
            innermost = here;
        // What blob and meta do for a group commit is part of it.
        if (here == "commit" && (innermost == "blob" || innermost == "meta" || innermost == "storage"))
            innermost = here;
    }
    if (!innermost.empty())
        return std::string(innermost);
    const auto any = [names](std::string_view words) {
        return std::ranges::any_of(names, [words](std::string_view name) { return name.starts_with(words); });
    };
    if (any("rocksdb::"))
        return "rocksdb";
    return any("boost::asio::") ? "event-loop" : "other";
}

}  // namespace labstore::profiling
