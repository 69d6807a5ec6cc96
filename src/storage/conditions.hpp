#pragma once

#include "labstore/storage/types.hpp"

namespace labstore::storage {

/// `current` is null when the key has no object. precondition_failed, or no_such_key for If-Match of a missing
/// key.
[[nodiscard]] result<void> judge(const write_conditions& conditions, const std::string* current_etag);

/// Of an object that exists; deleting a missing one succeeds whatever the conditions say.
[[nodiscard]] result<void> judge(const delete_conditions& conditions, const object_info& object);

[[nodiscard]] inline bool empty(const write_conditions& conditions) noexcept {
    return !conditions.if_match && !conditions.if_none_match;
}

}  // namespace labstore::storage
