#pragma once

#include "storage/object_reader.hpp"

namespace labstore::storage {

/// The version or delete marker that `name.version_id` names, wherever it stands. Versions move between rows 'o' and 'v'
/// as others come and go, so before none is reported row 'x' has to say that nothing moved meanwhile.
/// no_such_version.
runtime::awaitable<result<found_object>> find_version(services& all, bucket_ptr bucket, object_name name);

/// The delete marker that is the newest of its key; no_such_key when there is none.
runtime::awaitable<result<found_object>> find_newest_marker(
    services& all, bucket_ptr bucket, std::string key
);

}  // namespace labstore::storage
