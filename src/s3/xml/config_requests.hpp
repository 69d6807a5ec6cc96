#pragma once

#include "labstore/storage/types.hpp"

#include <string_view>
#include <vector>

namespace labstore::s3::xml {

// Documents that configure buckets and objects. malformed_xml for what the schema does not allow; what only AWS's rules
// refuse is for the operation to judge.

/// The TagSet of PutObjectTagging and PutBucketTagging.
[[nodiscard]] result<storage::tag_list> parse_tagging(std::string_view text);

/// The CORSConfiguration of PutBucketCors: at least one rule, each with an origin and a method.
[[nodiscard]] result<std::vector<storage::cors_rule>> parse_cors(std::string_view text);

/// The WebsiteConfiguration of PutBucketWebsite.
[[nodiscard]] result<storage::website_config> parse_website(std::string_view text);

}  // namespace labstore::s3::xml
