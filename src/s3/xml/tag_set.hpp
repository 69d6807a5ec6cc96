#pragma once

#include "labstore/storage/bucket_config.hpp"
#include "s3/xml/reader.hpp"

namespace labstore::s3::xml {

/// A Tag: its Key and Value. malformed_xml without both.
[[nodiscard]] result<std::pair<std::string, std::string>> parse_tag(const pugi::xml_node& node);

/// The Tag elements of a TagSet, or of CreateBucket's Tags. malformed_xml.
[[nodiscard]] result<storage::tag_list> parse_tag_set(const pugi::xml_node& set);

}  // namespace labstore::s3::xml
