#include "config/option.hpp"

#include <thread>

namespace labstore::config {
namespace {

std::string per_core(unsigned count) {
    return std::to_string(count * std::max(1U, std::thread::hardware_concurrency()));
}

std::vector<given> values_at(
    const std::string& place, std::vector<std::pair<std::string, std::string>> values
) {
    std::vector<given> all;
    for (auto& [name, value] : values)
        all.push_back({std::move(name), std::move(value), place});
    return all;
}

}  // namespace

// docs/tuning.md says what each value trades and shows what it brings.
std::vector<given> preset_of(workload which) {
    switch (which) {
        case workload::balanced:
            break;
        case workload::read_heavy:
            return values_at(
                "--workload=read-heavy",
                {{"block-cache", "512MiB"},
                 {"block-cache-shards", per_core(4)},
                 {"compact-below-live", "0.7"}}
            );
        case workload::write_heavy:
            return values_at(
                "--workload=write-heavy",
                {{"memtable", "256MiB"},
                 {"block-cache-shards", per_core(2)},
                 {"segment-size", "256MiB"},
                 {"segments-spare", "2"},
                 {"compact-below-live", "0.3"},
                 {"body-memory-max", "512MiB"}}
            );
    }
    return {};
}

}  // namespace labstore::config
