#include "s3/listing.hpp"

#include "s3/checksums.hpp"

#include <algorithm>

namespace labstore::s3 {

namespace {

constexpr std::size_t page_size_max = 1000;
constexpr std::uint64_t page_size_argument_max = 2'147'483'647;
constexpr char token_version = '1';

}  // namespace

result<text_encoder> text_encoder::of(call& request) {
    text_encoder encoder;
    const auto type = request.query.find("encoding-type");
    if (!type || type->empty())
        return encoder;
    if (*type != "url")
        return request.fail_argument(
            "Invalid Encoding Method specified in Request", "encoding-type", std::string(*type)
        );
    encoder.url_ = true;
    return encoder;
}

void text_encoder::write(xml::writer& out, std::string_view name, std::string_view text) const {
    if (url_)
        out.encoded_element(name, text);
    else
        out.element(name, text);
}

void text_encoder::write_type(xml::writer& out) const {
    if (url_)
        out.element("EncodingType", "url");
}

std::size_t page_bytes_expected(std::size_t entries) noexcept {
    constexpr std::size_t entry_bytes = 384;
    constexpr std::size_t frame_bytes = 1024;
    return frame_bytes + entries * entry_bytes;
}

result<std::size_t> page_size_of(call& request, std::string_view parameter) {
    const auto text = request.query.text(parameter);
    if (text.empty())
        return page_size_max;
    const auto number = parse_decimal(text);
    if (number && *number <= page_size_argument_max)
        return std::min<std::size_t>(*number, page_size_max);
    const bool negative = text.front() == '-' && parse_decimal(text.substr(1));
    return request.fail_argument(
        negative ? "Argument " + std::string(parameter) + " must be an integer between 0 and 2147483647"
                 : "Provided " + std::string(parameter) + " not an integer or within integer range",
        parameter,
        std::string(text)
    );
}

std::string encode_token(std::string_view position) {
    return to_base64(as_bytes(token_version + std::string(position)));
}

std::optional<std::string> decode_token(std::string_view token) {
    auto position = from_base64(token);
    if (!position || position->size() < 2 || position->front() != token_version)
        return std::nullopt;
    position->erase(0, 1);
    return position;
}

void write_owner(
    xml::writer& out, std::string_view name, std::string_view id, std::string_view display_name
) {
    out.open(name);
    out.element("ID", id);
    out.element("DisplayName", display_name);
    out.close(name);
}

void write_common_prefix(xml::writer& out, const text_encoder& encoder, std::string_view prefix) {
    out.open("CommonPrefixes");
    encoder.write(out, "Prefix", prefix);
    out.close("CommonPrefixes");
}

std::string_view storage_class_text(std::string_view storage_class) noexcept {
    return storage_class.empty() ? "STANDARD" : storage_class;
}

void write_object_facts(xml::writer& out, const storage::listed_object& object) {
    out.element("LastModified", as_text(iso8601(object.modified)));
    out.etag_element(object.etag.view());
    if (object.checksum_algorithm) {
        out.element("ChecksumAlgorithm", crypto::checksum_name(*object.checksum_algorithm));
        out.element("ChecksumType", checksum_type_name(object.type));
    }
    out.element("Size", object.size_bytes);
}

}  // namespace labstore::s3
