#include "blob/blob_file_format.hpp"

#include "blob/segment_format.hpp"

#include <algorithm>

namespace labstore::blob {
namespace {

constexpr std::string_view footer_magic = "LSBLOB01";
constexpr std::string_view clone_magic = "LSOWNR01";
constexpr std::size_t footer_crc_at = 60;
constexpr std::size_t clone_crc_at = 68;
constexpr std::size_t clone_fixed_size = 72;

std::uint32_t crc_around(byte_span bytes, std::size_t hole_at) noexcept {
    const auto front = crypto::crc32c(0, bytes.first(hole_at));
    return crypto::crc32c(front, bytes.subspan(hole_at + 4));
}

struct owner_sizes {
    std::size_t key = 0;
    std::size_t token = 0;
    std::size_t metadata = 0;

    [[nodiscard]] std::uint64_t sum() const noexcept { return std::uint64_t{key} + token + metadata; }
};

owner_sizes footer_owner_sizes(byte_span fixed) noexcept {
    return {
        .key = load_little_endian<std::uint16_t>(fixed.data() + 56),
        .token = static_cast<std::uint8_t>(fixed[58]),
        .metadata = load_little_endian<std::uint32_t>(fixed.data() + 52)};
}

void split_owner(owner& whose, std::string_view text, const owner_sizes& sizes) {
    whose.key = text.substr(0, sizes.key);
    whose.token = text.substr(sizes.key, sizes.token);
    whose.metadata = text.substr(sizes.key + sizes.token, sizes.metadata);
}

void check_owner(const owner& whose) {
    LABSTORE_ASSERT(whose.key.size() + whose.token.size() + whose.metadata.size() <= owner_size_max);
    LABSTORE_ASSERT(whose.key.size() <= 0xFFFF && whose.token.size() <= 0xFF);
}

}  // namespace

std::string encode_blob_tail(const blob_footer& footer) {
    const auto& whose = footer.whose;
    check_owner(whose);
    LABSTORE_ASSERT(footer.block_crcs.size() == block_count(footer.payload_size, blob_block_size));
    const auto table_size = 4 * footer.block_crcs.size();
    std::string out(table_size, '\0');
    auto* table = std::as_writable_bytes(std::span(out)).data();
    for (std::size_t i = 0; i < footer.block_crcs.size(); ++i)
        store_little_endian(table + 4 * i, footer.block_crcs[i]);
    out += whose.key;
    out += whose.token;
    out += whose.metadata;
    const auto fixed_at = out.size();
    out.resize(fixed_at + blob_footer_size, '\0');
    const auto fixed = std::as_writable_bytes(std::span(out)).subspan(fixed_at);
    std::ranges::copy(as_bytes(footer_magic), fixed.begin());
    std::ranges::copy(footer.id, fixed.begin() + 8);
    store_little_endian(fixed.data() + 24, footer.run);
    store_little_endian(fixed.data() + 32, footer.payload_size);
    store_little_endian(fixed.data() + 40, whose.partition);
    store_little_endian(fixed.data() + 48, whose.part_number);
    store_little_endian(fixed.data() + 52, static_cast<std::uint32_t>(whose.metadata.size()));
    store_little_endian(fixed.data() + 56, static_cast<std::uint16_t>(whose.key.size()));
    fixed[58] = static_cast<std::byte>(whose.token.size());
    fixed[59] = static_cast<std::byte>(blob_block_shift);
    store_little_endian(fixed.data() + footer_crc_at, crc_around(as_bytes(out), fixed_at + footer_crc_at));
    return out;
}

result<std::uint64_t> peek_blob_tail(byte_span fixed, std::uint64_t file_size) noexcept {
    if (fixed.size() != blob_footer_size || as_text(fixed.first(8)) != footer_magic)
        return errc::corrupt;
    const auto payload_size = load_little_endian<std::uint64_t>(fixed.data() + 32);
    const auto sizes = footer_owner_sizes(fixed);
    if (payload_size > blob_payload_size_max || sizes.sum() > owner_size_max ||
        static_cast<std::uint8_t>(fixed[59]) != blob_block_shift)
        return errc::corrupt;
    const auto tail = 4 * block_count(payload_size, blob_block_size) + sizes.sum() + blob_footer_size;
    if (payload_size + tail != file_size)
        return errc::corrupt;
    return tail;
}

result<blob_footer> decode_blob_tail(byte_span tail) {
    if (tail.size() < blob_footer_size)
        return errc::corrupt;
    const auto fixed = tail.last(blob_footer_size);
    const auto payload_size = load_little_endian<std::uint64_t>(fixed.data() + 32);
    if (payload_size > blob_payload_size_max)
        return errc::corrupt;
    const auto size = peek_blob_tail(fixed, payload_size + tail.size());
    if (!size)
        return size.error();
    const auto crc = load_little_endian<std::uint32_t>(fixed.data() + footer_crc_at);
    if (crc != crc_around(tail, tail.size() - blob_footer_size + footer_crc_at))
        return errc::corrupt;
    blob_footer footer;
    std::ranges::copy(fixed.subspan(8, 16), footer.id.begin());
    footer.run = load_little_endian<std::uint64_t>(fixed.data() + 24);
    footer.payload_size = payload_size;
    footer.whose.partition = load_little_endian<std::uint64_t>(fixed.data() + 40);
    footer.whose.part_number = load_little_endian<std::uint32_t>(fixed.data() + 48);
    const auto blocks = block_count(payload_size, blob_block_size);
    footer.block_crcs.reserve(blocks);
    for (std::uint64_t i = 0; i < blocks; ++i)
        footer.block_crcs.push_back(load_little_endian<std::uint32_t>(tail.data() + 4 * i));
    split_owner(footer.whose, as_text(tail.subspan(4 * blocks)), footer_owner_sizes(fixed));
    return footer;
}

std::string encode_clone_owner(const clone_owner& clone) {
    const auto& whose = clone.whose;
    check_owner(whose);
    std::string out(clone_fixed_size, '\0');
    out += whose.key;
    out += whose.token;
    out += whose.metadata;
    const auto bytes = std::as_writable_bytes(std::span(out));
    std::ranges::copy(as_bytes(clone_magic), bytes.begin());
    std::ranges::copy(clone.id, bytes.begin() + 8);
    std::ranges::copy(clone.footer_id, bytes.begin() + 24);
    store_little_endian(bytes.data() + 40, clone.run);
    store_little_endian(bytes.data() + 48, whose.partition);
    store_little_endian(bytes.data() + 56, whose.part_number);
    store_little_endian(bytes.data() + 60, static_cast<std::uint16_t>(whose.key.size()));
    bytes[62] = static_cast<std::byte>(whose.token.size());
    store_little_endian(bytes.data() + 64, static_cast<std::uint32_t>(whose.metadata.size()));
    store_little_endian(bytes.data() + clone_crc_at, crc_around(bytes, clone_crc_at));
    return out;
}

result<clone_owner> decode_clone_owner(byte_span bytes) {
    if (bytes.size() < clone_fixed_size || as_text(bytes.first(8)) != clone_magic)
        return errc::corrupt;
    const owner_sizes sizes{
        .key = load_little_endian<std::uint16_t>(bytes.data() + 60),
        .token = static_cast<std::uint8_t>(bytes[62]),
        .metadata = load_little_endian<std::uint32_t>(bytes.data() + 64)};
    if (sizes.sum() > owner_size_max || bytes.size() != clone_fixed_size + sizes.sum())
        return errc::corrupt;
    if (load_little_endian<std::uint32_t>(bytes.data() + clone_crc_at) != crc_around(bytes, clone_crc_at))
        return errc::corrupt;
    clone_owner clone;
    std::ranges::copy(bytes.subspan(8, 16), clone.id.begin());
    std::ranges::copy(bytes.subspan(24, 16), clone.footer_id.begin());
    clone.run = load_little_endian<std::uint64_t>(bytes.data() + 40);
    clone.whose.partition = load_little_endian<std::uint64_t>(bytes.data() + 48);
    clone.whose.part_number = load_little_endian<std::uint32_t>(bytes.data() + 56);
    split_owner(clone.whose, as_text(bytes.subspan(clone_fixed_size)), sizes);
    return clone;
}

}  // namespace labstore::blob
