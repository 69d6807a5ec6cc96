#pragma once

#include "labstore/storage/bucket_config.hpp"
#include "s3/xml/reader.hpp"

namespace labstore::s3::xml {

/// The Tag elements of a TagSet, or of CreateBucket's Tags. malformed_xml.
[[nodiscard]] result<storage::tag_list> parse_tag_set(const pugi::xml_node& set);

}  // namespace labstore::s3::xml
