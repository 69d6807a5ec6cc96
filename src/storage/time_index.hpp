// What batches keep of a bucket's index by time (docs/lifecycle.md). In a bucket that has none, nothing is added.
#pragma once

#include "labstore/meta.hpp"
#include "labstore/storage/types.hpp"
#include "storage/records/records.pb.h"

#include <string_view>

namespace labstore::storage {

/// The row of a version or delete marker, of whatever place; writing it again is harmless.
void add_version_time(
    meta::batch& batch, const bucket_info& bucket, std::string_view key, const records::object& version
);
/// It goes for good.
void remove_version_time(
    meta::batch& batch, const bucket_info& bucket, std::string_view key, const records::object& version
);
void add_upload_time(
    meta::batch& batch,
    const bucket_info& bucket,
    std::string_view key,
    std::string_view upload_id,
    wall_time begun
);
void remove_upload_time(
    meta::batch& batch,
    const bucket_info& bucket,
    std::string_view key,
    std::string_view upload_id,
    wall_time begun
);
/// The lifecycle looks at all versions of the key when `when` has come, and finds what rows of their own time would not
/// show it: a version that is current again, other tags, a delete marker that hides nothing any more.
void add_look(meta::batch& batch, const bucket_info& bucket, std::string_view key, wall_time when = {});

}  // namespace labstore::storage
