#pragma once

#include "labstore/storage/bucket_config.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace labstore::s3 {

/// What a browser says of the page that calls.
struct cross_origin_request {
    std::string_view origin;
    std::string_view method;             // Access-Control-Request-Method, or the request's own
    std::string_view requested_headers;  // Access-Control-Request-Headers; empty when absent
};

using header_list = std::vector<std::pair<std::string_view, std::string>>;

/// The headers by which the first rule that fits lets the page read the answer; empty when none fits.
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
[[nodiscard]] header_list allow_cross_origin(
    const std::vector<storage::cors_rule>& rules, const cross_origin_request& asked
);

/// "*" stands for any text, once.
[[nodiscard]] bool matches_wildcard(std::string_view pattern, std::string_view text) noexcept;

}  // namespace labstore::s3
