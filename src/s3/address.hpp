#pragma once

#include "labstore/base.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace labstore::s3 {

/// Which bucket and key a request names, decoded exactly once. Both empty: the service itself.
struct address {
    std::string bucket;
    std::string key;
};

/// Virtual-host style when `host` names a bucket, path style otherwise. `path` is raw. invalid_uri for a broken escape, invalid_bucket_name for a key without a bucket.
/// Names of buckets and keys are not judged here.
[[nodiscard]] result<address> parse_address(
    std::string_view host, std::string_view path, const std::vector<std::string>& domains
);

}  // namespace labstore::s3
