#include "labstore/profiling.hpp"

#include "profiling/allocations.hpp"
#include "profiling/lock_waits.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

namespace labstore::profiling {
namespace {

constexpr std::array<std::pair<std::string_view, counter>, 4> names{{
    {"heap", counter::heap},
    {"allocs", counter::allocs},
    {"growth", counter::growth},
    {"contention", counter::contention},
}};

struct counting_start {
    std::once_flag once;
    std::chrono::system_clock::time_point time;
    std::chrono::steady_clock::time_point clock;
};

counting_start& the_start() {
    static counting_start one;
    return one;
}

/// Types, period and name; the samples come after.
raw_profile empty_profile(counter which) {
    raw_profile made;
    switch (which) {
        case counter::heap:
            made.types = {{"inuse_objects", "count"}, {"inuse_space", "bytes"}};
            break;
        case counter::allocs:
            made.types = {{"alloc_objects", "count"}, {"alloc_space", "bytes"}};
            break;
        case counter::growth:
            made.types = {{"growths", "count"}, {"growth_space", "bytes"}};
            break;
        case counter::contention:
            made.types = {{"contentions", "count"}, {"delay", "nanoseconds"}};
            break;
    }
    made.kind = names[static_cast<std::size_t>(which)].first;
    const std::int64_t period = which == counter::heap     ? live_period_bytes
                                : which == counter::allocs ? allocs_period_bytes
                                                           : 1;
    made.period_type =
        which == counter::contention ? value_type{"contentions", "count"} : value_type{"space", "bytes"};
    made.period = period;
    return made;
}

result<std::vector<raw_sample>> samples_of(counter which, std::uint64_t& lost) {
    switch (which) {
        case counter::heap:
            return live_allocations();
        case counter::allocs:
            return all_allocations(lost);
        case counter::growth:
            return heap_growth();
        case counter::contention:
            break;
    }
    return lock_waits(lost);
}

}  // namespace

allocation_watch::allocation_watch() {
    watch_allocations();
}

allocation_watch::~allocation_watch() {
    unwatch_allocations();
}

std::optional<counter> counter_named(std::string_view name) noexcept {
    for (const auto& [known, which] : names)
        if (known == name)
            return which;
    return std::nullopt;
}

void start_counting() {
    counting_start& start = the_start();
    std::call_once(start.once, [&start] {
        start.time = std::chrono::system_clock::now();
        start.clock = std::chrono::steady_clock::now();
        start_allocation_sampling();
        start_watching_locks();
    });
}

result<raw_profile> read_counter(counter which) {
    raw_profile found = empty_profile(which);
    auto samples = samples_of(which, found.lost);
    LABSTORE_TRY(samples);
    found.samples = std::move(*samples);
    found.time = the_start().time;
    if (found.time != std::chrono::system_clock::time_point{})
        found.duration = std::chrono::steady_clock::now() - the_start().clock;
    return found;
}

raw_profile difference(raw_profile after, const raw_profile& before) {
    LABSTORE_ASSERT(after.kind == before.kind);
    using key = std::tuple<std::vector<std::uint64_t>, std::string, std::string>;
    std::map<key, raw_sample> left;
    for (raw_sample& one : after.samples) {
        key place(one.addresses, one.operation, one.bucket);
        left.emplace(std::move(place), std::move(one));
    }
    for (const raw_sample& one : before.samples) {
        const auto [found, added] = left.try_emplace(key(one.addresses, one.operation, one.bucket), one);
        for (std::size_t i = 0; i < one.values.size(); ++i)
            found->second.values[i] = (added ? 0 : found->second.values[i]) - one.values[i];
    }
    after.samples.clear();
    for (auto& [place, one] : left)
        if (std::ranges::any_of(one.values, [](std::int64_t value) { return value != 0; }))
            after.samples.push_back(std::move(one));
    after.time =
        before.time + std::chrono::duration_cast<std::chrono::system_clock::duration>(before.duration);
    after.duration -= before.duration;
    after.lost -= std::min(after.lost, before.lost);
    return after;
}

}  // namespace labstore::profiling
