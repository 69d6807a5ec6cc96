#pragma once

#include "labstore/storage/lifecycle.hpp"
#include "labstore/storage/lock_types.hpp"

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

/// Where a website sends a client instead. What is absent or empty stays as it was asked for.
struct website_redirect {
    std::string protocol;  // "http", "https"
    std::string host;
    std::optional<std::string> key_prefix;  // in place of the prefix that the rule's condition names
    std::optional<std::string> key;         // in place of the whole key
    std::uint16_t status = 0;               // 0: 301
    friend bool operator==(const website_redirect&, const website_redirect&) = default;
};

/// Both conditions have to hold; without any, the rule is for every request.
struct website_rule {
    std::optional<std::string> key_prefix;
    std::optional<std::uint16_t> error_status;  // the answer would be this
    website_redirect redirect;
    friend bool operator==(const website_rule&, const website_rule&) = default;
};

/// How a bucket is served as a website.
struct website_config {
    std::string index_suffix;                      // empty only with `redirect_all`
    std::string error_key;                         // empty: a page of ours
    std::optional<website_redirect> redirect_all;  // host and protocol
    std::vector<website_rule> rules;
    friend bool operator==(const website_config&, const website_config&) = default;
};

/// What a bucket was configured with; empty means: not at all.
struct bucket_config {
    tag_list tags;
    std::vector<cors_rule> cors;
    std::optional<website_config> website;
    std::optional<storage::default_retention>
        default_retention;  // counts only while the bucket has object_lock
    lifecycle_configuration lifecycle;
    friend bool operator==(const bucket_config&, const bucket_config&) = default;
};

}  // namespace labstore::storage
