#pragma once

#include "s3/call.hpp"

#include <string>
#include <string_view>

namespace labstore::s3 {

using storage::tag_list;

inline constexpr std::size_t object_tags_max = 10;
inline constexpr std::size_t bucket_tags_max = 50;

/// The x-amz-tagging header: "key=value&key=value", URL-encoded UTF-8. invalid_argument for a broken encoding,
/// invalid_tag for a tag that AWS would refuse, bad_request for more than ten.
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
[[nodiscard]] result<tag_list> parse_tagging(std::string_view header);

/// invalid_tag, with AWS's words for it, for a tag that AWS would refuse and for more than `tags_max`.
[[nodiscard]] result<void> check_tags(call& request, const tag_list& tags, std::size_t tags_max);

/// The request's Tagging document, checked like that.
awaitable<result<tag_list>> receive_tags(call& request, std::size_t tags_max);

/// The Tagging document.
[[nodiscard]] std::string tagging_document(tag_list tags);

}  // namespace labstore::s3
