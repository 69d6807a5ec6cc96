#pragma once

#include "labstore/storage/lifecycle.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::s3::xml {

/// A Rule of a LifecycleConfiguration as it is written; what its texts come to is for the operation to judge.
struct lifecycle_rule_text {
    std::optional<std::string> id;
    std::optional<std::string> prefix;  // in the rule itself, the older form
    bool has_filter = false;
    storage::lifecycle_filter filter;
    std::string status;
    bool has_expiration = false;
    std::optional<std::string> expire_days;
    std::optional<std::string> expire_date;
    std::optional<std::string> expire_markers;
    bool has_noncurrent = false;
    std::optional<std::string> noncurrent_days;
    std::optional<std::string> newer_noncurrent_versions;
    bool has_abort = false;
    std::optional<std::string> abort_days;
    bool has_transition = false;  // of current or noncurrent versions
};

/// malformed_xml for what the schema does not allow.
[[nodiscard]] result<std::vector<lifecycle_rule_text>> parse_lifecycle(std::string_view text);

}  // namespace labstore::s3::xml
