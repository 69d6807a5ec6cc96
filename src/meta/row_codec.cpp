#include "meta/row_codec.hpp"

#include <bit>

namespace labstore::meta {

std::string encode_key(partition_id partition, std::string_view key) {
    std::string stored;
    stored.reserve(partition_bytes + key.size());
    append_big_endian(stored, static_cast<std::uint64_t>(partition));
    stored += key;
    return stored;
}

std::string end_of_prefix(std::string prefix) {
    while (!prefix.empty() && prefix.back() == '\xFF')
        prefix.pop_back();
    if (!prefix.empty())
        prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
    return prefix;
}

result<stored_key> decode_key(std::string_view stored) {
    if (stored.size() <= partition_bytes)
        return errc::corrupt;
    return stored_key{partition_id{read_big_endian<std::uint64_t>(stored)}, stored.substr(partition_bytes)};
}

std::array<char, revision_bytes> encode_revision(revision rev) {
    std::array<std::byte, revision_bytes> bytes;
    store_little_endian(bytes.data(), rev);
    return std::bit_cast<std::array<char, revision_bytes>>(bytes);
}

result<stored_value> decode_value(std::string_view stored) {
    if (stored.size() <= revision_bytes)
        return errc::corrupt;
    const auto rev = load_little_endian<revision>(as_bytes(stored).data());
    if (rev == 0)
        return errc::corrupt;
    return stored_value{rev, stored.substr(revision_bytes)};
}

}  // namespace labstore::meta
