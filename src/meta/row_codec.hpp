// How a row lies in RocksDB.
//
//     key    8 bytes  partition id, big-endian, so that a partition is one range
//            n bytes  the row's key, 1 or more
//     value  8 bytes  revision, little-endian, never 0
//            n bytes  the row's value, 1 or more
#pragma once

#include "labstore/meta.hpp"

#include <array>
#include <string>
#include <string_view>

namespace labstore::meta {

inline constexpr std::size_t partition_bytes = 8;
inline constexpr std::size_t revision_bytes = 8;

[[nodiscard]] std::string encode_key(partition_id partition, std::string_view key);

/// The smallest string greater than all that begin with `prefix`; empty when there is none.
[[nodiscard]] std::string end_of_prefix(std::string prefix);

struct stored_key {
    partition_id partition{};
    std::string_view key;
};

/// corrupt when it is too short to be one of ours.
[[nodiscard]] result<stored_key> decode_key(std::string_view stored);

[[nodiscard]] std::array<char, revision_bytes> encode_revision(revision rev);

struct stored_value {
    revision rev = 0;
    std::string_view value;
};

/// corrupt when it is too short to be one of ours or its revision is 0.
[[nodiscard]] result<stored_value> decode_value(std::string_view stored);

}  // namespace labstore::meta
