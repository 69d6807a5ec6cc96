#pragma once

#include "s3/call.hpp"

#include <span>
#include <string>

namespace labstore::s3 {

/// What the path of a request names.
enum class level { service, bucket, object };

[[nodiscard]] inline level level_of(const address& target) noexcept {
    if (target.bucket.empty())
        return level::service;
    return target.key.empty() ? level::bucket : level::object;
}

/// One S3 operation: what a request must look like, and who answers it.
struct route {
    http::method method;
    level where;
    std::string_view key;     // a query key that must be there; empty: none needed
    std::string_view header;  // a header that must be there; empty: none needed
    std::string_view name;    // the operation, as AWS names it
    operation run;            // nullptr: not implemented
};

/// The whole table, in the order in which it is searched: the first row that fits wins.
[[nodiscard]] std::span<const route> routes() noexcept;

/// method_not_allowed when S3 has no such operation.
[[nodiscard]] result<const route*> find_route(const call& request);

/// "GET, PUT": the methods with which this address and query name an operation that is implemented. Empty where there
/// is none.
[[nodiscard]] std::string allowed_methods(const call& request);

}  // namespace labstore::s3
