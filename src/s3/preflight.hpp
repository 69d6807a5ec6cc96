#pragma once

#include "s3/call.hpp"

namespace labstore::s3 {

/// OPTIONS: no bucket has a CORS configuration (PutBucketCors is not implemented), so the answer is always the
/// refusal that AWS gives for such a bucket.
awaitable<result<void>> answer_preflight(call& request);

}  // namespace labstore::s3
