// Byte layouts of the files of large blobs. All numbers are little-endian.
//
// A blob file `blobs/ab/cd/<32 hex digits of its id>` is the payload from offset 0, then a tail:
//            one CRC32C (4 bytes) per payload block of 65,536 bytes
//            owner: key, token, metadata
//     0   8  magic "LSBLOB01" (the last two digits are the format); these 64 bytes are the end of the file
//     8  16  blob id
//    24   8  run: random number of the server run that wrote it
//    32   8  payload size
//    40   8  owner: partition
//    48   4  owner: part number
//    52   4  metadata size
//    56   2  key size
//    58   1  token size
//    59   1  block shift (16)
//    60   4  CRC32C of the tail without these four bytes
//
// A clone is a hard link under a new id; who owns it stands in `<id>.owner` beside it:
//     0   8  magic "LSOWNR01"
//     8  16  id of the clone (its file name)
//    24  16  blob id in the footer of the shared file
//    40   8  run that made the clone
//    48   8  owner: partition
//    56   4  owner: part number
//    60   2  key size
//    62   1  token size
//    63   1  zero
//    64   4  metadata size
//    68   4  CRC32C of everything without these four bytes
//    72      owner: key, token, metadata
#pragma once

#include "blob/block_checksums.hpp"
#include "blob/types.hpp"

#include <span>
#include <string>
#include <vector>

namespace labstore::blob {

inline constexpr std::uint8_t blob_block_shift = 16;
inline constexpr std::size_t blob_block_size = std::size_t{1} << blob_block_shift;
inline constexpr std::size_t blob_footer_size = 64;
/// Of one blob file; bounds what a damaged footer can make us allocate. The largest part is 5 GiB.
inline constexpr std::uint64_t blob_payload_size_max = 1 * TiB;

/// What a tail says.
struct blob_footer {
    blob_id id{};
    std::uint64_t run = 0;
    std::uint64_t payload_size = 0;
    owner whose;
    std::vector<std::uint32_t> block_crcs;
};

[[nodiscard]] std::string encode_blob_tail(const blob_footer& footer);
/// Size of the tail by the last 64 bytes, unchecked; corrupt when they cannot end a file of `file_size`
/// bytes.
[[nodiscard]] result<std::uint64_t> peek_blob_tail(byte_span fixed, std::uint64_t file_size) noexcept;
/// `tail` is the whole tail.
[[nodiscard]] result<blob_footer> decode_blob_tail(byte_span tail);

struct clone_owner {
    blob_id id{};
    blob_id footer_id{};
    std::uint64_t run = 0;
    owner whose;
};

[[nodiscard]] std::string encode_clone_owner(const clone_owner& clone);
[[nodiscard]] result<clone_owner> decode_clone_owner(byte_span bytes);

}  // namespace labstore::blob
