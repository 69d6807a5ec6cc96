#include "s3/checksums.hpp"

namespace labstore::s3 {

namespace {

struct names {
    checksum_algorithm algorithm;
    std::string_view element;
    std::string_view header;
};

constexpr std::array all_names{
    names{checksum_algorithm::crc32, "ChecksumCRC32", "x-amz-checksum-crc32"},
    names{checksum_algorithm::crc32c, "ChecksumCRC32C", "x-amz-checksum-crc32c"},
    names{checksum_algorithm::crc64nvme, "ChecksumCRC64NVME", "x-amz-checksum-crc64nvme"},
    names{checksum_algorithm::sha1, "ChecksumSHA1", "x-amz-checksum-sha1"},
    names{checksum_algorithm::sha256, "ChecksumSHA256", "x-amz-checksum-sha256"},
};

const names& names_of(checksum_algorithm algorithm) noexcept {
    for (const auto& one : all_names)
        if (one.algorithm == algorithm)
            return one;
    LABSTORE_ASSERT(false);
    return all_names.front();
}

}  // namespace

std::string_view checksum_element_name(checksum_algorithm algorithm) noexcept {
    return names_of(algorithm).element;
}

std::string_view checksum_header_name(checksum_algorithm algorithm) noexcept {
    return names_of(algorithm).header;
}

std::optional<checksum_algorithm> checksum_of_header(std::string_view name) noexcept {
    for (const auto& one : all_names)
        if (one.header == name)
            return one.algorithm;
    return std::nullopt;
}

std::optional<storage::checksum_value> parse_checksum_text(
    checksum_algorithm algorithm, std::string_view text
) {
    storage::checksum_value value{algorithm, false, {}};
    if (const auto dash = text.find('-'); dash != std::string_view::npos) {
        const auto parts = parse_decimal(text.substr(dash + 1));
        if (!parts || *parts == 0)
            return std::nullopt;
        value.composite = true;
        text = text.substr(0, dash);
    }
    auto bytes = from_base64(text);
    if (!bytes || bytes->size() != crypto::checksum_size_bytes(algorithm))
        return std::nullopt;
    value.bytes = std::move(*bytes);
    return value;
}

std::uint64_t parts_of_checksum_text(std::string_view text) noexcept {
    const auto dash = text.find('-');
    return dash == std::string_view::npos ? 0 : parse_decimal(text.substr(dash + 1)).value_or(0);
}

std::string checksum_text(const storage::checksum_value& checksum, std::string_view etag) {
    auto text = to_base64(as_bytes(checksum.bytes));
    if (!checksum.composite)
        return text;
    const auto dash = etag.rfind('-');
    if (dash != std::string_view::npos)
        text += etag.substr(dash);
    return text;
}

std::string_view checksum_type_text(const storage::checksum_value& checksum) noexcept {
    return checksum.composite ? "COMPOSITE" : "FULL_OBJECT";
}

std::optional<storage::checksum_type> parse_checksum_type(std::string_view text) noexcept {
    if (text == "COMPOSITE")
        return storage::checksum_type::composite;
    if (text == "FULL_OBJECT")
        return storage::checksum_type::full_object;
    return std::nullopt;
}

std::string_view checksum_type_name(storage::checksum_type type) noexcept {
    switch (type) {
        case storage::checksum_type::composite:
            return "COMPOSITE";
        case storage::checksum_type::full_object:
            return "FULL_OBJECT";
        case storage::checksum_type::unspecified:
            break;
    }
    return {};
}

}  // namespace labstore::s3
