#pragma once

#include "storage/lifecycle_judge.hpp"

#include <string>
#include <vector>

namespace labstore::storage {

/// Does what was found to be due, as many together as `lifecycle_batch_max`, those of one key in one batch. What changed
/// meanwhile is looked at again, what is locked a day later. Fails when the index cannot be written; then what is left
/// is still due. How many went.
runtime::awaitable<result<std::size_t>> act_on(
    services& all, bucket_ptr bucket, std::vector<lifecycle_finding> findings
);

/// Ends an upload that is due. Of one that is gone nothing is left to be done.
runtime::awaitable<result<void>> abort_due_upload(
    services& all, bucket_ptr bucket, std::string key, std::string upload_id
);

}  // namespace labstore::storage
