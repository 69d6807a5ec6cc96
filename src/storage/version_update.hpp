#pragma once

#include "storage/object_reader.hpp"

#include <functional>

namespace labstore::storage {

/// Changes what is said about a version, in place: its bytes, id and time stay. `change` is called with what holds now,
/// once for each attempt; its refusal is the outcome. Else as find_object.
runtime::awaitable<result<found_object>> update_version(
    services& all, object_name name, std::function<result<void>(records::object&)> change
);

}  // namespace labstore::storage
