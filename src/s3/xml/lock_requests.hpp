#pragma once

#include "labstore/storage/lock_types.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace labstore::s3::xml {

// malformed_xml for what the schema does not allow.

/// A DefaultRetention as it was sent: what only AWS's rules refuse is for the operation to judge.
struct default_retention_request {
    storage::retention_mode mode = storage::retention_mode::governance;
    std::optional<std::string> days;
    std::optional<std::string> years;
};

/// The ObjectLockConfiguration of PutObjectLockConfiguration; nullopt: without a rule.
[[nodiscard]] result<std::optional<default_retention_request>> parse_object_lock(std::string_view text);

/// The Retention of PutObjectRetention; nullopt when it is empty, which takes the retention off.
[[nodiscard]] result<std::optional<storage::retention>> parse_retention(std::string_view text);

/// The LegalHold of PutObjectLegalHold: is it on?
[[nodiscard]] result<bool> parse_legal_hold(std::string_view text);

}  // namespace labstore::s3::xml
