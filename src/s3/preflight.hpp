#pragma once

#include "s3/call.hpp"

namespace labstore::s3 {

/// OPTIONS: 200 with what the bucket's CORS rules allow, 403 AccessForbidden when they allow nothing of it.
awaitable<result<void>> answer_preflight(call& request);

}  // namespace labstore::s3
