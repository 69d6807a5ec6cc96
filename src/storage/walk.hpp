#pragma once

#include "labstore/meta.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::storage {

/// A listing over the rows of one kind whose keys are object keys. Rolled-up prefixes are passed by seeking, so
/// the cost follows what is returned and not what lies under a prefix.
struct walk_request {
    char kind = 0;  // row_keys::object_kind or upload_kind
    meta::partition_id partition{};
    std::string prefix;
    std::string delimiter;
    std::string after_row;   // rows strictly greater; may be empty
    std::string after_name;  // common prefixes strictly greater; may be empty
    std::size_t limit = 1000;
};

/// Views into the page it is of.
struct walk_entry {
    std::string_view name;         // object key or common prefix
    std::optional<meta::row> row;  // absent for a common prefix
};

struct walk_page {
    std::vector<walk_entry> entries;
    bool more = false;
    std::vector<meta::page> pages;  // where the entries lie
    text_arena names;               // those that had to be written anew
};

runtime::awaitable<result<walk_page>> walk(meta::store& index, walk_request request);

/// The common prefix a key rolls up into, delimiter included; nullopt when it stands for itself.
[[nodiscard]] std::optional<std::string_view> roll_up(
    std::string_view key, std::string_view prefix, std::string_view delimiter
);

}  // namespace labstore::storage
