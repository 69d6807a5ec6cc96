#pragma once

#include "s3/call.hpp"

namespace labstore::s3 {

/// Changes what the bucket is configured with, then answers with `head` and no body. `change` may run more than once.
awaitable<result<void>> configure(call& request, storage::config_change change, http::response_head head);

}  // namespace labstore::s3
