// Byte layouts of segment files and the records in them. All numbers are little-endian.
//
// A segment file `segments/<16 hex digits of its number>.seg` is a header of 4,096 bytes, then records, each
// starting at a multiple of 8, then zeros or what an earlier life of the file left behind.
//
// Segment header (the first 48 bytes; the rest of the 4,096 is zero):
//     0   8  magic "LSSEGM01" (the last two digits are the format)
//     8   8  segment number
//    16   8  incarnation: random, new each time the file is used again
//    24   8  size of the file in bytes
//    32   4  CRC32C of bytes 0 to 31
//
// Record:
//     0   4  magic "LSR1" (the last digit is the format)
//     4   1  kind: 1 a blob, 2 the mark at the end of a sealed segment (no payload)
//     5   1  block shift: a payload block has 1 << 15 bytes
//     6   2  key size
//     8   8  incarnation of the segment: a record of an earlier life never matches
//    16  16  blob id (random)
//    32   8  owner: partition
//    40   4  owner: part number
//    44   4  metadata size
//    48   4  payload size
//    52   4  synced end: everything in the segment before this offset was durable when the record was written
//    56   1  token size
//    57   3  zero
//    60   4  CRC32C of the header without these four bytes
//    64      owner: key, token, metadata; then one CRC32C (4 bytes) per payload block
//            then the payload, then zeros up to a multiple of 8
//
// The header is everything before the payload. An unreadable place before some record's synced end is damage;
// one behind all of them is what a crash left of a group that nobody was told of.
#pragma once

#include "blob/block_checksums.hpp"
#include "blob/types.hpp"

#include <optional>
#include <span>
#include <string>

namespace labstore::blob {

inline constexpr std::size_t segment_header_size = 4096;
inline constexpr std::size_t record_fixed_size = 64;
inline constexpr std::size_t record_alignment = 8;
inline constexpr std::uint8_t record_block_shift = 15;
inline constexpr std::size_t record_block_size = std::size_t{1} << record_block_shift;

/// Key, token and metadata of an owner together; larger ones are refused with too_large.
inline constexpr std::size_t owner_size_max = 64 * KiB;

struct segment_header {
    std::uint64_t number = 0;
    std::uint64_t incarnation = 0;
    std::uint64_t size_bytes = 0;

    friend bool operator==(const segment_header&, const segment_header&) = default;
};

/// 4,096 bytes.
[[nodiscard]] std::string encode_segment_header(const segment_header& header);
/// `bytes`: at least the first 48; corrupt otherwise. newer_format for a format we do not know.
[[nodiscard]] result<segment_header> decode_segment_header(byte_span bytes);

enum class record_kind : std::uint8_t { blob = 1, seal = 2 };

/// What a record header is made from.
struct record_draft_fields {
    record_kind kind = record_kind::blob;
    std::uint64_t incarnation = 0;
    std::uint32_t synced_end = 0;
    blob_id id{};
    std::uint32_t payload_size = 0;
    std::span<const std::uint32_t> block_crcs;
};

[[nodiscard]] std::size_t record_header_size(const owner& whose, std::uint64_t payload_size) noexcept;
/// With the payload and the padding behind it.
[[nodiscard]] std::uint64_t record_size(std::uint64_t header_size, std::uint64_t payload_size) noexcept;
/// `whose` is at most owner_size_max; there is one CRC per block.
[[nodiscard]] std::string encode_record_header(const record_draft_fields& fields, const owner& whose);

/// A decoded header: a view into the bytes it was decoded from.
struct record_view {
    record_kind kind = record_kind::blob;
    std::uint64_t incarnation = 0;
    std::uint32_t synced_end = 0;
    blob_id id{};
    std::uint64_t partition = 0;
    std::uint32_t part_number = 0;
    std::string_view key;
    std::string_view token;
    std::string_view metadata;
    std::uint32_t payload_size = 0;
    std::uint32_t header_size = 0;
    byte_span crc_table;

    [[nodiscard]] std::uint32_t block_crc(std::size_t index) const noexcept {
        return load_little_endian<std::uint32_t>(crc_table.data() + 4 * index);
    }

    [[nodiscard]] owner to_owner() const;
};

/// Header size by the first record_fixed_size bytes alone, unchecked; nullopt when they do not begin a record
/// of this incarnation. (A zero incarnation matches all.)
[[nodiscard]] std::optional<std::uint32_t> peek_record(byte_span fixed, std::uint64_t incarnation) noexcept;

/// `bytes` begins with a whole header. corrupt when a size or the CRC is wrong.
[[nodiscard]] result<record_view> decode_record(byte_span bytes) noexcept;

}  // namespace labstore::blob
