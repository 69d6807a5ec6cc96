#pragma once

#include "labstore/base.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace labstore::s3 {

using tag_list = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::size_t object_tags_max = 10;

/// The x-amz-tagging header: "key=value&key=value", URL-encoded UTF-8. invalid_argument for a broken encoding,
/// invalid_tag for a tag that AWS would refuse, bad_request for more than ten.
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
[[nodiscard]] result<tag_list> parse_tagging(std::string_view header);

}  // namespace labstore::s3
