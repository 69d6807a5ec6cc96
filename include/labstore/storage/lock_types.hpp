// Object Lock: versions that nobody may remove for a time. Source: "How S3 Object Lock works" in the S3 user guide.
#pragma once

#include "labstore/base.hpp"

#include <cstdint>
#include <optional>

namespace labstore::storage {

/// Who may end a retention before its time: those who ask for it by name, or nobody.
enum class retention_mode : std::uint8_t { governance = 1, compliance = 2 };

struct retention {
    retention_mode mode = retention_mode::governance;
    wall_time until;
    friend bool operator==(const retention&, const retention&) = default;
};

/// Of one version. A legal hold that was never set differs from one that was taken off.
struct object_lock {
    std::optional<storage::retention> retention;
    std::optional<bool> legal_hold;
    friend bool operator==(const object_lock&, const object_lock&) = default;
};

/// Of versions that come without one of their own. One of days and years is 0.
struct default_retention {
    retention_mode mode = retention_mode::governance;
    std::uint32_t days = 0;
    std::uint32_t years = 0;
    friend bool operator==(const default_retention&, const default_retention&) = default;
};

/// May `wanted`, nullopt for none, follow on `present`? invalid_argument for a time that has passed, access_denied.
[[nodiscard]] result<void> judge_retention(
    const std::optional<retention>& present,
    const std::optional<retention>& wanted,
    wall_time now,
    bool bypass_governance
);

}  // namespace labstore::storage
