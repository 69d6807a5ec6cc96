#include "blob/usage_format.hpp"

#include "labstore/crypto.hpp"

#include <algorithm>

namespace labstore::blob {
namespace {

constexpr std::string_view usage_magic = "LSUSAG01";
constexpr std::size_t fixed_size = 16;
constexpr std::size_t entry_size = 32;

}  // namespace

std::string encode_usage(const std::vector<segment_usage>& entries) {
    std::string out(fixed_size + entries.size() * entry_size + 4, '\0');
    const auto bytes = std::as_writable_bytes(std::span(out));
    std::ranges::copy(as_bytes(usage_magic), bytes.begin());
    store_little_endian(bytes.data() + 8, std::uint64_t{entries.size()});
    auto* at = bytes.data() + fixed_size;
    for (const auto& entry : entries) {
        store_little_endian(at, entry.number);
        store_little_endian(at + 8, entry.incarnation);
        store_little_endian(at + 16, entry.size);
        store_little_endian(at + 20, entry.used);
        store_little_endian(at + 24, entry.live);
        at[28] = static_cast<std::byte>(entry.state);
        at += entry_size;
    }
    store_little_endian(at, crypto::crc32c(0, bytes.first(bytes.size() - 4)));
    return out;
}

result<std::vector<segment_usage>> decode_usage(byte_span bytes) {
    if (bytes.size() < fixed_size + 4 || as_text(bytes.first(8)) != usage_magic)
        return errc::corrupt;
    const auto count = load_little_endian<std::uint64_t>(bytes.data() + 8);
    const auto room = bytes.size() - fixed_size - 4;
    if (room % entry_size != 0 || count != room / entry_size)
        return errc::corrupt;
    const auto crc = load_little_endian<std::uint32_t>(bytes.data() + bytes.size() - 4);
    if (crc != crypto::crc32c(0, bytes.first(bytes.size() - 4)))
        return errc::corrupt;
    std::vector<segment_usage> entries;
    entries.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto* at = bytes.data() + fixed_size + i * entry_size;
        if (static_cast<std::uint8_t>(at[28]) > static_cast<std::uint8_t>(saved_state::damaged))
            return errc::corrupt;
        entries.push_back(
            {.number = load_little_endian<std::uint64_t>(at),
             .incarnation = load_little_endian<std::uint64_t>(at + 8),
             .size = load_little_endian<std::uint32_t>(at + 16),
             .used = load_little_endian<std::uint32_t>(at + 20),
             .live = load_little_endian<std::uint32_t>(at + 24),
             .state = static_cast<saved_state>(at[28])}
        );
    }
    return entries;
}

}  // namespace labstore::blob
