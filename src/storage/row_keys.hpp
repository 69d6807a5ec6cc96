// The keys of every index row. Byte order of rows is byte order of object keys, so that a scan is a listing.
//
// System partition (0):
//   'b' name                                   a bucket
//   'd' bucket id (8)                          a removed bucket whose uploads and clean-up rows are to be worked off
// Partition of a bucket (its id):
//   's'                                        the bucket's state, see bucket_state.hpp
//   'o' key'                                   the current version, never a delete marker
//   'v' key' inverted sequence (8)             noncurrent versions and delete markers, newest first
//   'x' key'                                   what every change of the key holds, once the bucket was versioned
//   'm' version token (16) chunk (4)           the parts of an object, up to 1,000 in each row
//   'u' key' upload id (16)                    an upload in progress
//   'w' upload id (16) part number (4)         a part of an upload in progress
//   'g' time in ns (8) random (8)              clean-up intent
//   't' time in ns (8) key' sequence (8)       a version or delete marker, by when it was written
//   't' time in ns (8) key' upload id (16)     an upload in progress, by when it began
//   'l'                                        how far the lifecycle has come
//   'l' time in ns (8) key'                    the lifecycle has to look at this key then
//
// key' is the object key with each 00 written as 00 FF, ended by 00 01. Numbers are big-endian. An upload id is
// its creation time in ns (8) and random (8).
#pragma once

#include "labstore/base.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace labstore::storage::row_keys {

inline constexpr char bucket_kind = 'b';
inline constexpr char dead_partition_kind = 'd';
inline constexpr char state_kind = 's';
inline constexpr char object_kind = 'o';
inline constexpr char version_kind = 'v';
inline constexpr char key_state_kind = 'x';
inline constexpr char manifest_kind = 'm';
inline constexpr char upload_kind = 'u';
inline constexpr char part_kind = 'w';
inline constexpr char clean_up_kind = 'g';
inline constexpr char time_kind = 't';
inline constexpr char lifecycle_kind = 'l';

inline constexpr std::size_t token_size_bytes = 16;

[[nodiscard]] std::string bucket(std::string_view name);
[[nodiscard]] std::string dead_partition(std::uint64_t id);
[[nodiscard]] std::string state();

/// The escaped form without its end: what all keys that begin with `key` begin with.
[[nodiscard]] std::string escape(std::string_view key);

[[nodiscard]] std::string object(std::string_view key);
[[nodiscard]] std::string version(std::string_view key, std::uint64_t sequence);
[[nodiscard]] std::string versions_of(std::string_view key);
[[nodiscard]] std::string key_state(std::string_view key);
[[nodiscard]] std::string manifest(std::string_view token, std::uint32_t chunk);
[[nodiscard]] std::string manifest_of(std::string_view token);
[[nodiscard]] std::string upload(std::string_view key, std::string_view upload_id);
[[nodiscard]] std::string part(std::string_view upload_id, std::uint32_t number);
[[nodiscard]] std::string parts_of(std::string_view upload_id);
[[nodiscard]] std::string clean_up(wall_time now);

[[nodiscard]] std::string version_time(wall_time written, std::string_view key, std::uint64_t sequence);
[[nodiscard]] std::string upload_time(wall_time begun, std::string_view key, std::string_view upload_id);
[[nodiscard]] std::string lifecycle_progress();
[[nodiscard]] std::string look(wall_time when, std::string_view key);
/// Smaller than every row of `kind` (t or l) of that time, greater than all of earlier times.
[[nodiscard]] std::string time_bound(char kind, wall_time when);

/// Greater than every row of `kind` whose key begins with `prefix`, smaller than all later ones: FF is no byte
/// of UTF-8 and never follows a complete escape.
[[nodiscard]] std::string past_prefix(char kind, std::string_view prefix);

/// Smaller than every row of `kind` of exactly this key, greater than the rows of all earlier keys.
[[nodiscard]] std::string before_key(char kind, std::string_view key);

/// Greater than every row of `kind` of exactly this key, smaller than the rows of all later keys.
[[nodiscard]] std::string past_key(char kind, std::string_view key);

/// An object key read back, with what follows its end in the row.
struct parsed_key {
    std::string key;
    std::string_view rest;
};

/// Of a row of kind o, v, x or u; nullopt when the escapes or the end are broken.
[[nodiscard]] std::optional<parsed_key> parse(std::string_view row_key);

struct timed_key {
    wall_time time;
    std::string key;
    std::string_view rest;  // a sequence, an upload id, or nothing
};

/// Of a row of kind t or l that is not the progress.
[[nodiscard]] std::optional<timed_key> parse_timed(std::string_view row_key);

/// The object key where it lies in such a row; nullopt when it has escapes in it, or is broken: `parse` knows.
[[nodiscard]] std::optional<std::string_view> plain_key(std::string_view row_key) noexcept;

/// When a clean-up row was written; nullopt when it is not one.
[[nodiscard]] std::optional<wall_time> clean_up_time(std::string_view row_key);

/// The sequence in what follows the key in a row of kind v; nullopt when it is none.
[[nodiscard]] std::optional<std::uint64_t> version_sequence(std::string_view rest);

[[nodiscard]] std::string random_bytes(std::size_t size_bytes);
[[nodiscard]] std::string new_upload_id(wall_time now);

}  // namespace labstore::storage::row_keys
