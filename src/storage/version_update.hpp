#pragma once

#include "storage/object_reader.hpp"

#include <functional>

namespace labstore::storage {

/// Changes what is said about a version, in place: its bytes, id and time stay. `change` is called with what holds now,
/// once for each attempt; its refusal is the outcome. Else as find_object. Once an attempt may have been applied, the
/// version that it was for is the one that is meant, whatever has become the newest since.
runtime::awaitable<result<found_object>> update_version(
    services& all, object_name name, std::function<result<void>(const bucket_info&, records::object&)> change
);

}  // namespace labstore::storage
