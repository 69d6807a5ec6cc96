#pragma once

#include "storage/object_reader.hpp"

namespace labstore::storage {

/// The version or delete marker that `name.version_id` names, wherever it stands. Versions move between rows 'o' and 'v'
/// as others come and go, so before none is reported row 'x' has to say that nothing moved meanwhile.
/// no_such_version. `name` outlives the call.
runtime::awaitable<result<found_row>> find_version(services& all, bucket_ptr bucket, const object_name& name);

/// Of a row 'o' or 'v'.
[[nodiscard]] bool is_delete_marker(std::string_view value);

/// The delete marker that is the newest of its key; no_such_key when there is none.
/// `key` outlives the call.
runtime::awaitable<result<found_row>> find_newest_marker(
    services& all, bucket_ptr bucket, const std::string& key
);

}  // namespace labstore::storage
