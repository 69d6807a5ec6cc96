#include "labstore/storage/lifecycle.hpp"

#include <algorithm>
#include <array>

namespace labstore::storage {
namespace {

/// The earlier of two; the first one when they are due together.
void take(std::optional<lifecycle_verdict>& best, const lifecycle_verdict& other) {
    if (!best || other.due < best->due)
        best = other;
}

/// Delete markers have neither tags nor a size: a filter that asks for one does not fit them.
bool asks_for_contents(const lifecycle_filter& filter) noexcept {
    return !filter.tags.empty() || filter.size_greater_than || filter.size_less_than;
}

void judge_current(
    std::optional<lifecycle_verdict>& best,
    const lifecycle_rule& rule,
    const version_facts& version,
    std::chrono::seconds day
) {
    if (rule.expire_days)
        take(
            best,
            {lifecycle_action::expire_current, lifecycle_due(version.modified, *rule.expire_days, day), &rule}
        );
    if (rule.expire_date)
        take(best, {lifecycle_action::expire_current, *rule.expire_date, &rule});
}

/// A delete marker with nothing below it: by ExpiredObjectDeleteMarker, or when it is as old as Days says.
void judge_marker(
    std::optional<lifecycle_verdict>& best,
    const lifecycle_rule& rule,
    const version_facts& version,
    std::chrono::seconds day
) {
    if (!version.alone)
        return;
    if (rule.expire_markers.value_or(false))
        take(best, {lifecycle_action::remove_marker, lifecycle_due(version.modified, 0, day), &rule});
    if (rule.expire_days)
        take(
            best,
            {lifecycle_action::remove_marker, lifecycle_due(version.modified, *rule.expire_days, day), &rule}
        );
}

void judge_noncurrent(
    std::optional<lifecycle_verdict>& best,
    const lifecycle_rule& rule,
    const version_facts& version,
    std::chrono::seconds day
) {
    if (!rule.noncurrent_days || version.newer_noncurrent < rule.newer_noncurrent_versions.value_or(0))
        return;
    take(
        best,
        {lifecycle_action::remove_noncurrent,
         lifecycle_due(version.noncurrent_since, *rule.noncurrent_days, day),
         &rule}
    );
}

}  // namespace

std::string_view lifecycle_action_name(lifecycle_action action) noexcept {
    constexpr std::array<std::string_view, lifecycle_actions> names{
        "expire_current", "remove_noncurrent", "remove_marker", "abort_upload"};
    return names[static_cast<std::size_t>(action)];
}

wall_time lifecycle_due(wall_time since, std::uint32_t days, std::chrono::seconds day) noexcept {
    // Rules come with up to 2^31 - 1 days; no later than a clock can say, which is in 2262.
    const auto length = day.count();
    const auto first = std::chrono::floor<std::chrono::seconds>(since.time_since_epoch()).count() / length;
    constexpr std::int64_t last_second = 9'000'000'000;
    const auto due = std::min((first + days + 1) * length, last_second);
    return wall_time(std::chrono::seconds(due));
}

bool fits(const lifecycle_filter& filter, const version_facts& version) noexcept {
    if (filter.prefix && !version.key.starts_with(*filter.prefix))
        return false;
    if (version.delete_marker)
        return !asks_for_contents(filter);
    if (filter.size_greater_than && version.size_bytes <= *filter.size_greater_than)
        return false;
    if (filter.size_less_than && version.size_bytes >= *filter.size_less_than)
        return false;
    return std::all_of(filter.tags.begin(), filter.tags.end(), [&](const auto& tag) {
        return std::any_of(version.tags.begin(), version.tags.end(), [&](const auto& there) {
            return there.first == tag.first && there.second == tag.second;
        });
    });
}

std::optional<lifecycle_verdict> judge_version(
    const lifecycle_configuration& config, const version_facts& version, std::chrono::seconds day
) noexcept {
    std::optional<lifecycle_verdict> best;
    for (const auto& rule : config.rules) {
        if (!rule.enabled || !fits(rule.filter, version))
            continue;
        if (!version.latest)
            judge_noncurrent(best, rule, version, day);
        else if (version.delete_marker)
            judge_marker(best, rule, version, day);
        else
            judge_current(best, rule, version, day);
    }
    return best;
}

std::optional<lifecycle_verdict> judge_upload(
    const lifecycle_configuration& config, std::string_view key, wall_time initiated, std::chrono::seconds day
) noexcept {
    std::optional<lifecycle_verdict> best;
    for (const auto& rule : config.rules)
        if (rule.enabled && rule.abort_days && (!rule.filter.prefix || key.starts_with(*rule.filter.prefix)))
            take(
                best, {lifecycle_action::abort_upload, lifecycle_due(initiated, *rule.abort_days, day), &rule}
            );
    return best;
}

}  // namespace labstore::storage
