// The value of row 's', which every batch holds that changes what is in a bucket:
//   "live", "live:enabled" or "live:suspended"   by its versioning; "live:enabled:locked" with object lock
//   "deleting:" 16 hex digits                     while it is being deleted; the deleter's random mark; behind it the
//                                                 same ":enabled", ":suspended" or ":enabled:locked"
// and, last of all, ":timed" while the index by time is kept (docs/lifecycle.md)
#pragma once

#include "labstore/storage/types.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace labstore::storage {

struct bucket_state {
    versioning_state versioning = versioning_state::unversioned;
    std::string mark;  // of the deletion at work; empty: live
    bool object_lock = false;
    bool timed = false;  // every batch keeps the index by time
    friend bool operator==(const bucket_state&, const bucket_state&) = default;
};

[[nodiscard]] std::string encode_state(const bucket_state& state);
/// nullopt when it is none.
[[nodiscard]] std::optional<bucket_state> parse_state(std::string_view value);

/// What the row says of this bucket while it is live.
[[nodiscard]] bucket_state state_of(const bucket_info& bucket);

[[nodiscard]] inline bool is_versioned(const bucket_info& bucket) noexcept {
    return bucket.versioning != versioning_state::unversioned;
}

}  // namespace labstore::storage
