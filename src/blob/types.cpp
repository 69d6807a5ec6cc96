#include "blob/types.hpp"

#include <algorithm>

namespace labstore::blob {
namespace {

constexpr char packed_kind = 1;
constexpr char large_kind = 2;
constexpr std::size_t packed_locator_size = 41;
constexpr std::size_t large_locator_size = 33;
constexpr std::string_view segment_suffix = ".seg";

template <typename Integer>
void append_little_endian(std::string& out, Integer value) {
    std::array<std::byte, sizeof(Integer)> bytes;
    store_little_endian(bytes.data(), value);
    out.append(as_text(bytes));
}

void copy_id(blob_id& id, std::string_view from) noexcept {
    std::ranges::copy(as_bytes(from.substr(0, 16)), id.begin());
}

bool is_lower_hex(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

std::string layout::segment(std::uint64_t number) const {
    std::string bytes;
    append_big_endian(bytes, number);
    return segments() + "/" + to_hex(as_bytes(bytes)) + std::string(segment_suffix);
}

std::string layout::blob_parent(const blob_id& id) const {
    return blobs() + "/" + to_hex(byte_span(id).first(1));
}

std::string layout::blob_directory(const blob_id& id) const {
    return blob_parent(id) + "/" + to_hex(byte_span(id).subspan(1, 1));
}

std::string layout::blob_file(const blob_id& id) const {
    return blob_directory(id) + "/" + to_hex(id);
}

std::string layout::blob_sidecar(const blob_id& id) const {
    return blob_file(id) + ".owner";
}

std::string layout::temporary(const blob_id& id) const {
    return tmp() + "/" + to_hex(id);
}

std::optional<std::uint64_t> parse_segment_name(std::string_view name) {
    if (name.size() != 16 + segment_suffix.size() || !name.ends_with(segment_suffix) ||
        !is_lower_hex(name.substr(0, 16)))
        return std::nullopt;
    const auto bytes = from_hex(name.substr(0, 16));
    if (!bytes)
        return std::nullopt;
    return read_big_endian<std::uint64_t>(*bytes);
}

std::optional<blob_id> parse_blob_name(std::string_view name) {
    if (name.size() != 32 || !is_lower_hex(name))
        return std::nullopt;
    const auto bytes = from_hex(name);
    if (!bytes)
        return std::nullopt;
    blob_id id;
    copy_id(id, *bytes);
    return id;
}

std::string encode_locator(const packed_locator& where) {
    std::string out;
    out.reserve(packed_locator_size);
    out.push_back(packed_kind);
    append_little_endian(out, where.segment);
    append_little_endian(out, where.incarnation);
    append_little_endian(out, where.offset);
    append_little_endian(out, where.header_size);
    out.append(as_text(where.id));
    return out;
}

std::string encode_locator(const large_locator& where) {
    std::string out;
    out.reserve(large_locator_size);
    out.push_back(large_kind);
    out.append(as_text(where.name));
    out.append(as_text(where.footer_id));
    return out;
}

std::optional<packed_locator> decode_packed_locator(std::string_view locator) noexcept {
    if (locator.size() != packed_locator_size || locator[0] != packed_kind)
        return std::nullopt;
    const auto* bytes = as_bytes(locator).data();
    packed_locator where;
    where.segment = load_little_endian<std::uint64_t>(bytes + 1);
    where.incarnation = load_little_endian<std::uint64_t>(bytes + 9);
    where.offset = load_little_endian<std::uint32_t>(bytes + 17);
    where.header_size = load_little_endian<std::uint32_t>(bytes + 21);
    copy_id(where.id, locator.substr(25));
    return where;
}

std::optional<large_locator> decode_large_locator(std::string_view locator) noexcept {
    if (locator.size() != large_locator_size || locator[0] != large_kind)
        return std::nullopt;
    large_locator where;
    copy_id(where.name, locator.substr(1));
    copy_id(where.footer_id, locator.substr(17));
    return where;
}

}  // namespace labstore::blob
