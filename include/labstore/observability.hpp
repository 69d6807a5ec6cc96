// Job:          what the server says about itself: structured log, access log, metrics, request ids, masking
//               of secrets.
// In a request: the id is made first, the access line is queued last; metrics are counted on the way.
// May use:      base; spdlog inside.
// Threads:      every function and every metric is safe from any thread.
// Failure:      logging never fails a request: a line that does not fit the queue is dropped, counted and
//               reported.
#pragma once

#include "labstore/observability/log.hpp"
#include "labstore/observability/metrics.hpp"

#include <string>
#include <string_view>

namespace labstore::observability {

/// 16 upper-case hex digits, unguessable in order, never the same twice in one process and, for all practical
/// purposes, in none. Costs some tens of nanoseconds: a counter drawn in blocks per thread, mixed with a
/// random key.
[[nodiscard]] std::string request_id();

/// The value of a request or response header as it may be shown. Hides signatures and other credentials of
/// Authorization, session tokens, cookies, SSE-C keys, and signatures inside any URL. Access key ids stay.
[[nodiscard]] std::string masked_header_value(std::string_view name, std::string_view value);

/// A raw request target as it may be shown: values of the query's signatures, session tokens and SSE-C keys
/// are hidden, however their names are escaped. Access key ids stay.
[[nodiscard]] std::string masked_target(std::string_view raw);

}  // namespace labstore::observability
