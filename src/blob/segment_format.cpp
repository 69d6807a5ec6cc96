#include "blob/segment_format.hpp"

#include <algorithm>

namespace labstore::blob {
namespace {

constexpr std::string_view segment_magic = "LSSEGM01";
constexpr std::string_view record_magic = "LSR1";
constexpr std::size_t segment_crc_at = 32;
constexpr std::size_t record_crc_at = 60;

std::uint32_t header_crc(byte_span header) noexcept {
    const auto front = crypto::crc32c(0, header.first(record_crc_at));
    return crypto::crc32c(front, header.subspan(record_crc_at + 4));
}

}  // namespace

std::string encode_segment_header(const segment_header& header) {
    std::string out(segment_header_size, '\0');
    auto* bytes = std::as_writable_bytes(std::span(out)).data();
    std::ranges::copy(as_bytes(segment_magic), bytes);
    store_little_endian(bytes + 8, header.number);
    store_little_endian(bytes + 16, header.incarnation);
    store_little_endian(bytes + 24, header.size_bytes);
    store_little_endian(bytes + segment_crc_at, crypto::crc32c(0, byte_span(bytes, segment_crc_at)));
    return out;
}

result<segment_header> decode_segment_header(byte_span bytes) {
    if (bytes.size() < segment_crc_at + 4)
        return errc::corrupt;
    const auto crc = load_little_endian<std::uint32_t>(bytes.data() + segment_crc_at);
    if (crc != crypto::crc32c(0, bytes.first(segment_crc_at)))
        return errc::corrupt;
    const auto magic = as_text(bytes.first(segment_magic.size()));
    if (magic != segment_magic)
        return magic.starts_with(segment_magic.substr(0, 6)) ? errc::newer_format : errc::corrupt;
    return segment_header{
        .number = load_little_endian<std::uint64_t>(bytes.data() + 8),
        .incarnation = load_little_endian<std::uint64_t>(bytes.data() + 16),
        .size_bytes = load_little_endian<std::uint64_t>(bytes.data() + 24)};
}

std::size_t record_header_size(const owner& whose, std::uint64_t payload_size) noexcept {
    return record_fixed_size + whose.key.size() + whose.token.size() + whose.metadata.size() +
           4 * block_count(payload_size, record_block_size);
}

std::uint64_t record_size(std::uint64_t header_size, std::uint64_t payload_size) noexcept {
    return align_up(header_size + payload_size, record_alignment);
}

std::string encode_record_header(const record_draft_fields& fields, const owner& whose) {
    LABSTORE_ASSERT(whose.key.size() + whose.token.size() + whose.metadata.size() <= owner_size_max);
    LABSTORE_ASSERT(whose.key.size() <= 0xFFFF && whose.token.size() <= 0xFF);
    LABSTORE_ASSERT(fields.block_crcs.size() == block_count(fields.payload_size, record_block_size));
    std::string out(record_header_size(whose, fields.payload_size), '\0');
    const auto bytes = std::as_writable_bytes(std::span(out));
    std::ranges::copy(as_bytes(record_magic), bytes.begin());
    bytes[4] = static_cast<std::byte>(fields.kind);
    bytes[5] = static_cast<std::byte>(record_block_shift);
    store_little_endian(bytes.data() + 6, static_cast<std::uint16_t>(whose.key.size()));
    store_little_endian(bytes.data() + 8, fields.incarnation);
    std::ranges::copy(fields.id, bytes.begin() + 16);
    store_little_endian(bytes.data() + 32, whose.partition);
    store_little_endian(bytes.data() + 40, whose.part_number);
    store_little_endian(bytes.data() + 44, static_cast<std::uint32_t>(whose.metadata.size()));
    store_little_endian(bytes.data() + 48, fields.payload_size);
    store_little_endian(bytes.data() + 52, fields.synced_end);
    bytes[56] = static_cast<std::byte>(whose.token.size());
    auto* rest = bytes.data() + record_fixed_size;
    for (const auto* field : {&whose.key, &whose.token, &whose.metadata})
        rest = std::ranges::copy(as_bytes(*field), rest).out;
    for (const auto crc : fields.block_crcs) {
        store_little_endian(rest, crc);
        rest += 4;
    }
    store_little_endian(bytes.data() + record_crc_at, header_crc(bytes));
    return out;
}

owner record_view::to_owner() const {
    return {
        .partition = partition,
        .key = std::string(key),
        .token = std::string(token),
        .part_number = part_number,
        .metadata = std::string(metadata)};
}

std::optional<std::uint32_t> peek_record(byte_span fixed, std::uint64_t incarnation) noexcept {
    if (fixed.size() < record_fixed_size || as_text(fixed.first(4)) != record_magic)
        return std::nullopt;
    const auto* bytes = fixed.data();
    if (incarnation != 0 && load_little_endian<std::uint64_t>(bytes + 8) != incarnation)
        return std::nullopt;
    const auto owner_size = std::uint64_t{load_little_endian<std::uint16_t>(bytes + 6)} +
                            static_cast<std::uint8_t>(bytes[56]) +
                            load_little_endian<std::uint32_t>(bytes + 44);
    if (owner_size > owner_size_max || static_cast<std::uint8_t>(bytes[5]) != record_block_shift)
        return std::nullopt;
    const auto blocks = block_count(load_little_endian<std::uint32_t>(bytes + 48), record_block_size);
    return static_cast<std::uint32_t>(record_fixed_size + owner_size + 4 * blocks);
}

result<record_view> decode_record(byte_span bytes) noexcept {
    const auto header_size = peek_record(bytes, 0);
    if (!header_size || *header_size > bytes.size())
        return errc::corrupt;
    const auto header = bytes.first(*header_size);
    if (load_little_endian<std::uint32_t>(header.data() + record_crc_at) != header_crc(header))
        return errc::corrupt;
    const auto kind = static_cast<std::uint8_t>(header[4]);
    if (kind != static_cast<std::uint8_t>(record_kind::blob) &&
        kind != static_cast<std::uint8_t>(record_kind::seal))
        return errc::corrupt;
    record_view view;
    view.kind = static_cast<record_kind>(kind);
    view.incarnation = load_little_endian<std::uint64_t>(header.data() + 8);
    std::ranges::copy(header.subspan(16, 16), view.id.begin());
    view.partition = load_little_endian<std::uint64_t>(header.data() + 32);
    view.part_number = load_little_endian<std::uint32_t>(header.data() + 40);
    view.payload_size = load_little_endian<std::uint32_t>(header.data() + 48);
    view.synced_end = load_little_endian<std::uint32_t>(header.data() + 52);
    view.header_size = *header_size;
    auto rest = as_text(header.subspan(record_fixed_size));
    const auto take = [&rest](std::size_t size) {
        const auto field = rest.substr(0, size);
        rest.remove_prefix(size);
        return field;
    };
    view.key = take(load_little_endian<std::uint16_t>(header.data() + 6));
    view.token = take(static_cast<std::uint8_t>(header[56]));
    view.metadata = take(load_little_endian<std::uint32_t>(header.data() + 44));
    view.crc_table = as_bytes(rest);
    return view;
}

}  // namespace labstore::blob
