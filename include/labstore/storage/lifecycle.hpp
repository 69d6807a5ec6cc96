// The rules of a bucket's lifecycle and what they mean for one version or upload: no I/O, no state.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
#pragma once

#include "labstore/base.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace labstore::storage {

/// Where a rule's document says which objects it speaks of: by a Prefix of its own (the older form), by a Filter with at
/// most one element, or by a Filter with And.
enum class filter_form : std::uint8_t { prefix_of_rule, single, conjunction };

/// Everything it names has to hold; one that names nothing fits everything.
struct lifecycle_filter {
    filter_form form = filter_form::single;
    std::optional<std::string> prefix;
    std::vector<std::pair<std::string, std::string>> tags;
    std::optional<std::uint64_t> size_greater_than;  // bytes
    std::optional<std::uint64_t> size_less_than;     // bytes
    friend bool operator==(const lifecycle_filter&, const lifecycle_filter&) = default;
};

struct lifecycle_rule {
    std::string id;
    bool enabled = false;
    lifecycle_filter filter;
    std::optional<std::uint32_t> expire_days;
    std::optional<wall_time> expire_date;
    std::optional<bool> expire_markers;  // ExpiredObjectDeleteMarker
    std::optional<std::uint32_t> noncurrent_days;
    std::optional<std::uint32_t> newer_noncurrent_versions;  // that many noncurrent ones are kept
    std::optional<std::uint32_t> abort_days;                 // of uploads that were not completed
    friend bool operator==(const lifecycle_rule&, const lifecycle_rule&) = default;
};

struct lifecycle_configuration {
    std::vector<lifecycle_rule> rules;
    std::string transition_minimum;  // x-amz-transition-default-minimum-object-size as it was given
    friend bool operator==(const lifecycle_configuration&, const lifecycle_configuration&) = default;
};

/// A version as rules see it; views into what outlives it.
struct version_facts {
    std::string_view key;
    std::uint64_t size_bytes = 0;
    std::vector<std::pair<std::string_view, std::string_view>> tags;
    wall_time modified;
    bool delete_marker = false;
    bool latest = false;                 // the current version, or the delete marker on top
    bool alone = false;                  // the key has no other
    wall_time noncurrent_since;          // when its successor came; of one that is not the latest
    std::uint32_t newer_noncurrent = 0;  // noncurrent versions newer than it
};

enum class lifecycle_action : std::uint8_t {
    expire_current,     // the current version goes, or is hidden by a delete marker
    remove_noncurrent,  // for good
    remove_marker,      // a delete marker that hides nothing any more
    abort_upload,
};

inline constexpr std::size_t lifecycle_actions = 4;

[[nodiscard]] std::string_view lifecycle_action_name(lifecycle_action action) noexcept;

/// What was done since the start.
struct lifecycle_counts {
    std::array<std::uint64_t, lifecycle_actions> done{};  // by lifecycle_action
    std::uint64_t refused = 0;                            // what is locked, or could not be removed
    std::uint64_t rows_visited = 0;                       // of the index by time
    std::uint64_t rows_stale = 0;                         // those of what was gone
    std::uint64_t rows_built = 0;                         // for what was there before
    std::uint64_t lag_seconds = 0;  // since what is worked on now became due; 0: nothing is
};

/// What will become of a version or an upload if nothing else happens to it.
struct lifecycle_forecast {
    lifecycle_action action = lifecycle_action::expire_current;
    wall_time due;
    std::string rule_id;
    std::string key;
    std::string version_id;  // or the upload's id; empty in a bucket that never was versioned
    std::uint64_t size_bytes = 0;
};

struct lifecycle_forecast_request {
    std::string bucket;
    wall_time until;           // what is due later is left out
    std::string after;         // where the page before ended; empty: from the beginning
    std::size_t limit = 1000;  // rows looked at
};

struct lifecycle_forecast_page {
    std::vector<lifecycle_forecast> entries;
    std::string next;  // empty: this was the last
};

struct lifecycle_verdict {
    lifecycle_action action = lifecycle_action::expire_current;
    wall_time due;
    const lifecycle_rule* rule = nullptr;  // of the configuration judged by
};

/// `days` whole days after `since`, and from there the next midnight (UTC, for days of 86,400 seconds).
[[nodiscard]] wall_time lifecycle_due(wall_time since, std::uint32_t days, std::chrono::seconds day) noexcept;

[[nodiscard]] bool fits(const lifecycle_filter& filter, const version_facts& version) noexcept;

/// What is due first, and when; the first of several rules that agree. nullopt when no rule will ever touch it as it is.
[[nodiscard]] std::optional<lifecycle_verdict> judge_version(
    const lifecycle_configuration& config, const version_facts& version, std::chrono::seconds day
) noexcept;
[[nodiscard]] std::optional<lifecycle_verdict> judge_upload(
    const lifecycle_configuration& config, std::string_view key, wall_time initiated, std::chrono::seconds day
) noexcept;

}  // namespace labstore::storage
