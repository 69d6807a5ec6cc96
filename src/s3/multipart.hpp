#pragma once

#include "s3/call.hpp"

namespace labstore::s3 {

/// uploadId of the query; invalid_argument when it is missing or empty.
[[nodiscard]] result<std::string> upload_id_of(call& request);

/// partNumber of the query, 1 to 10,000. invalid_argument.
[[nodiscard]] result<std::uint32_t> upload_part_number_of(call& request);

}  // namespace labstore::s3
