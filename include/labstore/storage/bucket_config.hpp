#pragma once

#include "labstore/storage/lifecycle.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace labstore::storage {

/// Names and values, in the order given.
using tag_list = std::vector<std::pair<std::string, std::string>>;

/// Who may call from another origin's page. Origins and headers may hold one "*".
struct cors_rule {
    std::string id;
    std::vector<std::string> origins;
    std::vector<std::string> methods;
    std::vector<std::string> headers;
    std::vector<std::string> exposed_headers;
    std::optional<std::uint32_t> max_age_seconds;
    friend bool operator==(const cors_rule&, const cors_rule&) = default;
};

/// What a bucket was configured with; empty means: not at all.
struct bucket_config {
    tag_list tags;
    std::vector<cors_rule> cors;
    lifecycle_configuration lifecycle;
    friend bool operator==(const bucket_config&, const bucket_config&) = default;
};

}  // namespace labstore::storage
