#pragma once

#include "storage/body_stream.hpp"

#include <optional>
#include <string>

namespace labstore::storage {

/// What the bytes came to.
struct pumped {
    std::string md5;  // 16 bytes; empty when not asked for
    std::string checksum;
};

/// Reads `size_bytes` of `from` at `offset`, hashes them on the blocking pool so that no network thread is kept
/// busy, and hands them to `to` when there is one.
struct pump_request {
    object_reader* from = nullptr;
    body_stream* to = nullptr;
    std::uint64_t offset = 0;
    std::uint64_t size_bytes = 0;
    bool md5 = false;
    std::optional<crypto::checksum_algorithm> checksum;
};

runtime::awaitable<result<pumped>> pump(services& all, pump_request request);

}  // namespace labstore::storage
