#include "storage/lock.hpp"

#include <algorithm>
#include <chrono>

namespace labstore::storage {
namespace {

constexpr std::uint32_t hold_off = 1;

bool is_mode(std::uint32_t mode) noexcept {
    return mode == static_cast<std::uint32_t>(retention_mode::governance) ||
           mode == static_cast<std::uint32_t>(retention_mode::compliance);
}

/// A year is 365 days, as AWS counts.
std::chrono::days length_of(const default_retention& rule) {
    constexpr int days_of_year = 365;
    return std::chrono::days(rule.days) + std::chrono::days(std::int64_t{rule.years} * days_of_year);
}

}  // namespace

object_lock to_lock(std::uint32_t mode, std::int64_t until_ns, std::uint32_t legal_hold) {
    object_lock out;
    if (is_mode(mode))
        out.retention =
            retention{static_cast<retention_mode>(mode), wall_time(std::chrono::nanoseconds(until_ns))};
    if (legal_hold != 0)
        out.legal_hold = legal_hold != hold_off;
    return out;
}

result<void> check_lock(const object_lock& lock, const bucket_info& bucket) {
    if (bucket.object_lock || lock == object_lock{})
        return {};
    return errc::invalid_request;
}

void add_default_lock(records::object& record, const bucket_info& bucket, wall_time now) {
    const bool has_default = bucket.object_lock && bucket.config && bucket.config->default_retention;
    if (!has_default)
        return;
    auto lock = lock_of(record);
    if (lock.retention && lock.retention->until > now)
        return;
    const auto& rule = *bucket.config->default_retention;
    lock.retention = retention{rule.mode, std::max(now, bucket.created) + length_of(rule)};
    set_lock(record, lock);
}

bool lock_allows_removal(const records::object& record, wall_time now, bool bypass_governance) {
    const auto lock = lock_of(record);
    if (lock.legal_hold.value_or(false))
        return false;
    if (!lock.retention || lock.retention->until <= now)
        return true;
    return lock.retention->mode == retention_mode::governance && bypass_governance;
}

result<void> judge_retention(
    const std::optional<retention>& present,
    const std::optional<retention>& wanted,
    wall_time now,
    bool bypass_governance
) {
    if (wanted && wanted->until <= now)
        return errc::invalid_argument;
    if (!present || present->until <= now)
        return {};
    const bool extends = wanted && wanted->mode == present->mode && wanted->until >= present->until;
    if (extends || (present->mode == retention_mode::governance && bypass_governance))
        return {};
    return errc::access_denied;
}

}  // namespace labstore::storage
