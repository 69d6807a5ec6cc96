#pragma once

#include "storage/services.hpp"

#include <vector>

namespace labstore::storage {

/// DeleteObject in a bucket that is or was versioned: with an id that version goes, without one a delete marker comes. A
/// batch of its own.
runtime::awaitable<result<delete_result>> delete_version(
    services& all, bucket_ptr bucket, delete_entry entry
);

/// One outcome per entry, in order; all that can be are committed together, the entries of one key one after another.
runtime::awaitable<std::vector<result<delete_result>>> delete_versions(
    services& all, bucket_ptr bucket, std::vector<delete_entry> entries
);

/// The same for a bucket of whatever versioning.
runtime::awaitable<std::vector<result<delete_result>>> delete_entries(
    services& all, bucket_ptr bucket, std::vector<delete_entry> entries
);

}  // namespace labstore::storage
