#pragma once

#include "labstore/base.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace labstore::s3 {

/// What S3 says about a failure: the Code and Message of the error document and the HTTP status.
struct error_entry {
    errc error;
    unsigned status;
    std::string_view code;
    std::string_view message;
};

/// The one place where an `errc` becomes an S3 answer. Total: every value has an entry.
[[nodiscard]] const error_entry& describe(errc error) noexcept;

/// What one request adds to the table's entry. Views are literals.
struct error_detail {
    std::string_view code;                                           // instead of the table's; empty keeps it
    unsigned status = 0;                                             // instead of the table's; 0 keeps it
    std::string message;                                             // instead of the table's; empty keeps it
    std::vector<std::pair<std::string_view, std::string>> elements;  // such as Key, BucketName
    std::vector<std::pair<std::string_view, std::string>> headers;   // such as Content-Range
};

/// The error document. `resource` is the path the request named, never its query (which may hold a signature).
[[nodiscard]] std::string error_document(
    std::string_view code,
    std::string_view message,
    const error_detail& detail,
    std::string_view resource,
    std::string_view request_id,
    std::string_view host_id
);

}  // namespace labstore::s3
