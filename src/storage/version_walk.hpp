#pragma once

#include "labstore/meta.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace labstore::storage {

/// A listing of rows 'o' and 'v' together: by key, the newest version of a key first. Each look at the index sees both
/// kinds in one state, so that a version that moves between them is neither missed nor shown twice.
struct version_walk_request {
    meta::partition_id partition{};
    std::string prefix;
    std::string delimiter;
    std::string after_key;                        // keys and common prefixes strictly greater; may be empty
    std::optional<std::uint64_t> after_sequence;  // and the versions of `after_key` that are older
    std::size_t limit = 1000;
};

struct version_entry {
    std::string name;              // object key or common prefix
    std::optional<meta::row> row;  // absent for a common prefix
    bool latest = false;
};

struct version_walk_page {
    std::vector<version_entry> entries;
    bool more = false;
    std::deque<meta::page> pages;  // where the rows lie
};

runtime::awaitable<result<version_walk_page>> walk_versions(meta::store& index, version_walk_request request);

}  // namespace labstore::storage
