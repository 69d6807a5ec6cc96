// Byte layout of `segments/usage`, little-endian. It is written by a clean stop and removed by the next
// start, so its presence is the clean mark; without it the use of every segment is counted again from the
// records and the index.
//     0   8  magic "LSUSAG01"
//     8   8  number of entries
//    16      entries of 32 bytes: segment number 8, incarnation 8, size 4, used 4, live 4, state 1 (0 sealed,
//    1 free,
//            2 damaged), zero 3
//   end   4  CRC32C of everything before
#pragma once

#include "blob/types.hpp"

#include <string>
#include <vector>

namespace labstore::blob {

enum class saved_state : std::uint8_t { sealed = 0, free = 1, damaged = 2 };

struct segment_usage {
    std::uint64_t number = 0;
    std::uint64_t incarnation = 0;
    std::uint32_t size = 0;
    std::uint32_t used = 0;
    std::uint32_t live = 0;
    saved_state state = saved_state::sealed;

    friend bool operator==(const segment_usage&, const segment_usage&) = default;
};

[[nodiscard]] std::string encode_usage(const std::vector<segment_usage>& entries);
[[nodiscard]] result<std::vector<segment_usage>> decode_usage(byte_span bytes);

}  // namespace labstore::blob
