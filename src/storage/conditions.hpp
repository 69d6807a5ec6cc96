#pragma once

#include "labstore/storage/types.hpp"

namespace labstore::storage {

/// RFC 9110 8.8.3.2: a weak tag ("W/...") equals a strong one only in the weak comparison, which If-None-Match
/// takes; If-Match takes the strong one. Our own tags are strong.
enum class etag_comparison : std::uint8_t { strong, weak };

/// Does a header's list of ETags name this one? Quotes optional, "*" names all.
[[nodiscard]] bool etag_matches(std::string_view header, std::string_view etag, etag_comparison how);

/// `current` is null when the key has no object. precondition_failed, or no_such_key for If-Match of a missing
/// key.
[[nodiscard]] result<void> judge(const write_conditions& conditions, const std::string* current_etag);

/// Of an object that exists; deleting a missing one succeeds whatever the conditions say.
[[nodiscard]] result<void> judge(const delete_conditions& conditions, const object_info& object);

[[nodiscard]] inline bool empty(const write_conditions& conditions) noexcept {
    return !conditions.if_match && !conditions.if_none_match;
}

[[nodiscard]] inline bool empty(const delete_conditions& conditions) noexcept {
    return !conditions.if_match && !conditions.if_modified_at && !conditions.if_size_bytes;
}

}  // namespace labstore::storage
