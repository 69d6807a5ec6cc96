#include "storage/lifecycle_classes.hpp"

#include "labstore/storage/bucket_config.hpp"
#include "storage/config_codec.hpp"
#include "storage/record_codec.hpp"
#include "storage/row_keys.hpp"

#include <algorithm>
#include <tuple>

namespace labstore::storage {
namespace {

/// Longer than a batch takes from its time to its commit, contention and a slow device included.
constexpr std::chrono::seconds settle_time{120};

wall_time horizon_of(std::uint32_t days, wall_time now, std::chrono::seconds day) {
    const auto length = day.count();
    const auto today = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count() / length;
    return wall_time(std::chrono::seconds(std::max<std::int64_t>(today - days, 0) * length));
}

class class_list {
  public:
    class_list(wall_time now, std::chrono::seconds day) : now_(now), day_(day) {}

    void add(const lifecycle_rule& rule) {
        if (rule.expire_days)
            take(*rule.expire_days, rule).versions = true;
        if (rule.expire_markers.value_or(false))
            take(0, rule).versions = true;
        if (rule.noncurrent_days)
            take(*rule.noncurrent_days, rule).versions = true;
        // A new version makes another one too many, whatever the age of that one.
        if (rule.newer_noncurrent_versions)
            take(0, rule).versions = true;
        if (rule.abort_days)
            take(*rule.abort_days, rule).uploads = true;
        if (rule.expire_date && *rule.expire_date <= now_)
            take_date(rule).versions = true;
    }

    [[nodiscard]] std::vector<age_class> done() && { return std::move(classes_); }

  private:
    age_class& take(std::uint32_t days, const lifecycle_rule& rule) {
        age_class wanted;
        wanted.days = days;
        wanted.horizon = horizon_of(days, now_, day_);
        return take(std::move(wanted), rule);
    }

    age_class& take_date(const lifecycle_rule& rule) {
        age_class wanted;
        wanted.date = rule.expire_date;
        wanted.horizon = now_;
        return take(std::move(wanted), rule);
    }

    age_class& take(age_class wanted, const lifecycle_rule& rule) {
        auto found = std::find_if(classes_.begin(), classes_.end(), [&](const age_class& one) {
            return one.days == wanted.days && one.date == wanted.date;
        });
        if (found == classes_.end())
            found = classes_.insert(classes_.end(), std::move(wanted));
        found->prefixes.push_back(rule.filter.prefix.value_or(std::string()));
        return *found;
    }

    wall_time now_;
    std::chrono::seconds day_;
    std::vector<age_class> classes_;
};

/// FNV-1a of the rules as they are stored.
std::uint64_t hash_of(const lifecycle_configuration& config) {
    bucket_config whole;
    whole.lifecycle = config;
    records::bucket record;
    set_config(record, whole);
    std::uint64_t hash = 14'695'981'039'346'656'037U;
    for (const char byte : record.SerializeAsString())
        hash = (hash ^ static_cast<unsigned char>(byte)) * 1'099'511'628'211U;
    return hash;
}

bool is_of(const records::lifecycle_cursor& cursor, const age_class& one) {
    if (cursor.has_date_ns() != one.date.has_value())
        return false;
    return one.date ? cursor.date_ns() == nanoseconds_of(*one.date) : cursor.age_days() == one.days;
}

}  // namespace

std::vector<age_class> classes_of(
    const lifecycle_configuration& config, wall_time now, std::chrono::seconds day
) {
    class_list out(now, day);
    for (const auto& rule : config.rules)
        if (rule.enabled)
            out.add(rule);
    return std::move(out).done();
}

bool concerns(const age_class& one, std::string_view key, bool is_upload) noexcept {
    if (is_upload ? !one.uploads : !one.versions)
        return false;
    return std::any_of(one.prefixes.begin(), one.prefixes.end(), [&](const std::string& prefix) {
        return key.starts_with(prefix);
    });
}

std::string settled_bound(wall_time now) {
    return row_keys::time_bound(row_keys::time_kind, now - settle_time);
}

void follow_configuration(records::lifecycle_progress& progress, const lifecycle_configuration& config) {
    const auto hash = hash_of(config);
    if (progress.configuration() == hash)
        return;
    progress.set_configuration(hash);
    progress.clear_cursors();
}

records::lifecycle_cursor& cursor_of(records::lifecycle_progress& progress, const age_class& one) {
    for (auto& cursor : *progress.mutable_cursors())
        if (is_of(cursor, one))
            return cursor;
    auto& made = *progress.add_cursors();
    made.set_age_days(one.days);
    if (one.date)
        made.set_date_ns(nanoseconds_of(*one.date));
    made.set_row(std::string(1, row_keys::time_kind));
    return made;
}

}  // namespace labstore::storage
