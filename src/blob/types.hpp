// Small types that all parts of the engine share.
#pragma once

#include "labstore/blob.hpp"
#include "labstore/blob/file_system.hpp"

#include <array>
#include <string>
#include <string_view>

namespace labstore::blob {

using blob_id = std::array<std::byte, 16>;
using steady_time = std::chrono::steady_clock::time_point;

[[nodiscard]] inline blob_id make_blob_id() noexcept {
    blob_id id;
    fill_random(id);
    return id;
}

/// Random and never 0: 0 means "unknown" in places.
[[nodiscard]] inline std::uint64_t make_incarnation() noexcept {
    std::array<std::byte, 8> bytes;
    fill_random(bytes);
    const auto value = load_little_endian<std::uint64_t>(bytes.data());
    return value == 0 ? 1 : value;
}

/// Where things lie below the storage path.
struct layout {
    std::string root;

    [[nodiscard]] std::string segments() const { return root + "/segments"; }

    [[nodiscard]] std::string blobs() const { return root + "/blobs"; }

    [[nodiscard]] std::string tmp() const { return root + "/tmp"; }

    [[nodiscard]] std::string usage() const { return root + "/segments/usage"; }

    [[nodiscard]] std::string segment(std::uint64_t number) const;
    /// blobs/ab and blobs/ab/cd of an id.
    [[nodiscard]] std::string blob_parent(const blob_id& id) const;
    [[nodiscard]] std::string blob_directory(const blob_id& id) const;
    [[nodiscard]] std::string blob_file(const blob_id& id) const;
    [[nodiscard]] std::string blob_sidecar(const blob_id& id) const;
    [[nodiscard]] std::string temporary(const blob_id& id) const;
};

/// The number in "<16 hex digits>.seg"; nullopt for another name.
[[nodiscard]] std::optional<std::uint64_t> parse_segment_name(std::string_view name);
/// The id in "<32 hex digits>"; nullopt for another name.
[[nodiscard]] std::optional<blob_id> parse_blob_name(std::string_view name);

/// A packed blob: where its record lies. `incarnation` ties it to one life of the segment.
struct packed_locator {
    std::uint64_t segment = 0;
    std::uint64_t incarnation = 0;
    std::uint32_t offset = 0;
    std::uint32_t header_size = 0;
    blob_id id{};
};

/// A large blob: the name of its file, and the id in its footer (another one when it is a clone).
struct large_locator {
    blob_id name{};
    blob_id footer_id{};
};

// Locator bytes (little-endian). Packed, 41 bytes: kind 1, segment number 8, incarnation 8, offset 4, header
// size 4, blob id 16. Large, 33 bytes: kind 2, file name 16, footer id 16.
[[nodiscard]] std::string encode_locator(const packed_locator& where);
[[nodiscard]] std::string encode_locator(const large_locator& where);
[[nodiscard]] std::optional<packed_locator> decode_packed_locator(std::string_view locator) noexcept;
[[nodiscard]] std::optional<large_locator> decode_large_locator(std::string_view locator) noexcept;

}  // namespace labstore::blob
