// The value of row 's', which every batch holds that changes what is in a bucket:
//   "live", "live:enabled" or "live:suspended"   by its versioning
//   "deleting:" 16 hex digits                     while it is being deleted; the deleter's random mark; behind it the
//                                                 same ":enabled" or ":suspended"
// and, last of all, ":timed" while the index by time is kept (docs/lifecycle.md)
#pragma once

#include "labstore/storage/types.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace labstore::storage {

struct bucket_state {
    versioning_state versioning = versioning_state::unversioned;
    std::string mark;    // of the deletion at work; empty: live
    bool timed = false;  // every batch keeps the index by time
    friend bool operator==(const bucket_state&, const bucket_state&) = default;
};

[[nodiscard]] std::string encode_state(const bucket_state& state);
/// nullopt when it is none.
[[nodiscard]] std::optional<bucket_state> parse_state(std::string_view value);

/// What the row of a live bucket says.
[[nodiscard]] std::string live_state(versioning_state versioning, bool timed = false);

[[nodiscard]] inline bucket_state state_of(const bucket_info& bucket) {
    return {bucket.versioning, {}, bucket.timed};
}

[[nodiscard]] inline bool is_versioned(const bucket_info& bucket) noexcept {
    return bucket.versioning != versioning_state::unversioned;
}

}  // namespace labstore::storage
