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

}  // namespace

std::string station_of(std::span<const std::string_view> names) {
    for (const std::string_view name : names)
        for (const auto& [words, station] : rows)
            if (name.starts_with(words))
                return std::string(station);
    const auto any = [names](std::string_view words) {
        return std::ranges::any_of(names, [words](std::string_view name) { return name.starts_with(words); });
    };
    if (any("rocksdb::"))
        return "rocksdb";
    return any("boost::asio::") ? "event-loop" : "other";
}

}  // namespace labstore::profiling
