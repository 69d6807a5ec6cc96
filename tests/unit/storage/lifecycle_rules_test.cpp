// What lifecycle rules say about a version or an upload.
#include "labstore/storage/lifecycle.hpp"

#include <gtest/gtest.h>

namespace labstore::storage {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds day{86'400};

wall_time at(std::string_view text) {
    const auto time = parse_iso8601(text);
    EXPECT_TRUE(time) << text;
    return time.value_or(wall_time{});
}

lifecycle_rule rule_of(std::string id) {
    lifecycle_rule rule;
    rule.id = std::move(id);
    rule.enabled = true;
    return rule;
}

version_facts current(std::string_view key, std::string_view modified) {
    version_facts version;
    version.key = key;
    version.modified = at(modified);
    version.latest = true;
    version.alone = true;
    version.size_bytes = 100;
    return version;
}

/// "action when rule", or "-".
std::string verdict(const lifecycle_configuration& config, const version_facts& version) {
    const auto found = judge_version(config, version, day);
    if (!found)
        return "-";
    return std::string(lifecycle_action_name(found->action)) + " " + format_iso8601(found->due) + " " +
           found->rule->id;
}

TEST(lifecycle_due, is_the_midnight_after_whole_days) {
    // AWS's example: created on 1 January 2014 at 10:30, three days, gone on the 5th.
    EXPECT_EQ(lifecycle_due(at("2014-01-01T10:30:00Z"), 3, day), at("2014-01-05T00:00:00Z"));
    EXPECT_EQ(lifecycle_due(at("2014-01-01T00:00:00Z"), 3, day), at("2014-01-05T00:00:00Z"));
    EXPECT_EQ(lifecycle_due(at("2014-01-01T23:59:59.999Z"), 0, day), at("2014-01-02T00:00:00Z"));
    EXPECT_EQ(lifecycle_due(wall_time(25s), 1, 10s), wall_time(40s));
    EXPECT_GT(lifecycle_due(at("2026-01-01T00:00:00Z"), 2'147'483'647, day), at("2200-01-01T00:00:00Z"))
        << "far away, but no overflow";
}

TEST(lifecycle_filters, hold_all_that_they_name) {
    auto version = current("logs/a", "2026-01-01T10:00:00Z");
    version.tags = {{"state", "old"}, {"year", "2025"}};

    struct row {
        lifecycle_filter filter;
        bool fits;
    };

    using f = lifecycle_filter;
    const auto form = filter_form::conjunction;
    const row table[] = {
        {f{}, true},
        {f{form, "logs/", {}, {}, {}}, true},
        {f{form, "logs/a", {}, {}, {}}, true},
        {f{form, "logs/ab", {}, {}, {}}, false},
        {f{form, "", {}, {}, {}}, true},
        {f{form, {}, {{"state", "old"}}, {}, {}}, true},
        {f{form, {}, {{"state", "new"}}, {}, {}}, false},
        {f{form, {}, {{"year", "2025"}, {"state", "old"}}, {}, {}}, true},
        {f{form, {}, {{"year", "2025"}, {"other", "x"}}, {}, {}}, false},
        {f{form, {}, {}, 99, {}}, true},
        {f{form, {}, {}, 100, {}}, false},
        {f{form, {}, {}, {}, 100}, false},
        {f{form, {}, {}, {}, 101}, true},
        {f{form, "logs/", {{"state", "old"}}, 99, 101}, true},
        {f{form, "other", {{"state", "old"}}, 99, 101}, false},
    };
    int number = 0;
    for (const auto& [filter, expected] : table)
        EXPECT_EQ(fits(filter, version), expected) << "row " << number++;
    version.delete_marker = true;
    EXPECT_TRUE(fits(f{form, "logs/", {}, {}, {}}, version));
    EXPECT_FALSE(fits(f{form, {}, {{"state", "old"}}, {}, {}}, version)) << "markers have no tags";
    EXPECT_FALSE(fits(f{form, {}, {}, {}, 1'000}, version)) << "and no size";
}

TEST(lifecycle_rules, the_earliest_wins_and_disabled_ones_do_nothing) {
    lifecycle_configuration config;
    auto late = rule_of("late");
    late.expire_days = 9;
    auto early = rule_of("early");
    early.expire_days = 2;
    auto same = rule_of("same");
    same.expire_days = 2;
    auto off = rule_of("off");
    off.expire_days = 1;
    off.enabled = false;
    config.rules = {late, early, same, off};
    const auto version = current("k", "2026-01-01T10:00:00Z");
    EXPECT_EQ(verdict(config, version), "expire_current 2026-01-04T00:00:00.000Z early");
    auto dated = rule_of("dated");
    dated.expire_date = at("2020-01-01T00:00:00Z");
    config.rules.push_back(dated);
    EXPECT_EQ(verdict(config, version), "expire_current 2020-01-01T00:00:00.000Z dated");
    EXPECT_EQ(verdict({}, version), "-");
}

TEST(lifecycle_rules, of_noncurrent_versions_and_markers) {
    lifecycle_configuration config;
    auto old = rule_of("old");
    old.noncurrent_days = 5;
    old.newer_noncurrent_versions = 2;
    auto marks = rule_of("marks");
    marks.expire_markers = true;
    auto days = rule_of("days");
    days.expire_days = 30;
    config.rules = {old, marks, days};

    auto version = current("k", "2026-01-01T10:00:00Z");
    version.latest = false;
    version.alone = false;
    version.noncurrent_since = at("2026-02-01T10:00:00Z");
    version.newer_noncurrent = 1;
    EXPECT_EQ(verdict(config, version), "-") << "two are kept";
    version.newer_noncurrent = 2;
    EXPECT_EQ(verdict(config, version), "remove_noncurrent 2026-02-07T00:00:00.000Z old");
    version.delete_marker = true;
    EXPECT_EQ(verdict(config, version), "remove_noncurrent 2026-02-07T00:00:00.000Z old") << "markers too";

    auto marker = current("k", "2026-01-01T10:00:00Z");
    marker.delete_marker = true;
    EXPECT_EQ(verdict(config, marker), "remove_marker 2026-01-02T00:00:00.000Z marks");
    config.rules = {days};
    EXPECT_EQ(verdict(config, marker), "remove_marker 2026-02-01T00:00:00.000Z days");
    marker.alone = false;
    EXPECT_EQ(verdict(config, marker), "-") << "it hides something";
    marks.expire_markers = false;
    config.rules = {marks};
    marker.alone = true;
    EXPECT_EQ(verdict(config, marker), "-");
}

TEST(lifecycle_rules, of_uploads) {
    lifecycle_configuration config;
    auto first = rule_of("first");
    first.filter.prefix = "a/";
    first.abort_days = 7;
    auto second = rule_of("second");
    second.abort_days = 9;
    config.rules = {first, second};
    const auto initiated = at("2026-01-01T10:00:00Z");
    EXPECT_EQ(judge_upload(config, "a/x", initiated, day)->rule->id, "first");
    EXPECT_EQ(judge_upload(config, "a/x", initiated, day)->due, at("2026-01-09T00:00:00Z"));
    EXPECT_EQ(judge_upload(config, "b", initiated, day)->rule->id, "second");
    config.rules.pop_back();
    EXPECT_FALSE(judge_upload(config, "b", initiated, day));
}

}  // namespace
}  // namespace labstore::storage
