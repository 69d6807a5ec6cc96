#include "s3/object_headers.hpp"

#include "s3/checksums.hpp"
#include "s3/object_lock.hpp"
#include "s3/tagging.hpp"

#include <algorithm>
#include <array>

namespace labstore::s3 {

namespace {

constexpr std::string_view metadata_prefix = "x-amz-meta-";
constexpr std::string_view default_content_type = "binary/octet-stream";

constexpr std::array<std::string_view, 11> storage_classes{
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "GLACIER_IR",
    "DEEP_ARCHIVE",
    "OUTPOSTS",
    "SNOW",
    "EXPRESS_ONEZONE",
};

/// Header values have no declared encoding. What is UTF-8 is kept as it came; anything else can only be the
/// ISO 8859-1 of older HTTP and is kept as the UTF-8 for it, for storage keeps text.
std::string stored_text(std::string_view value) {
    if (is_utf8(value))
        return std::string(value);
    std::string text;
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            text += c;
        } else {
            text += static_cast<char>(0xC0U | (byte >> 6U));
            text += static_cast<char>(0x80U | (byte & 0x3FU));
        }
    }
    return text;
}

/// Decoded from a URL, a name can hold anything; it goes out as a header's name, where http's grammar rules.
bool is_field_name(std::string_view name) noexcept {
    return std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

/// One x-amz-meta-* header; a repeated name joins its values with a comma, as AWS does.
void collect(
    std::vector<std::pair<std::string, std::string>>& metadata, std::string_view name, std::string_view value
) {
    if (!starts_with_ignoring_case(name, metadata_prefix) || name.size() == metadata_prefix.size())
        return;
    auto lower = to_lower(name.substr(metadata_prefix.size()));
    const auto known =
        std::find_if(metadata.begin(), metadata.end(), [&](const auto& one) { return one.first == lower; });
    if (known == metadata.end()) {
        metadata.emplace_back(std::move(lower), stored_text(value));
        return;
    }
    known->second += ',';
    known->second += stored_text(value);
}

result<std::vector<std::pair<std::string, std::string>>> user_metadata_of(call& request) {
    std::vector<std::pair<std::string, std::string>> metadata;
    for (const auto& field : request.head().headers)
        collect(metadata, field.name, field.value);
    if (request.hoists())
        for (const auto& [name, value] : request.query.all())
            if (!request.head().find(name) && is_field_name(name))
                collect(metadata, name, value);
    std::size_t size_bytes = 0;
    for (const auto& [name, value] : metadata)
        size_bytes += name.size() + value.size();
    if (size_bytes > request.settings.metadata_size_bytes_max) {
        request.detail.elements.emplace_back("Size", std::to_string(size_bytes));
        request.detail.elements.emplace_back(
            "MaxSizeAllowed", std::to_string(request.settings.metadata_size_bytes_max)
        );
        return make_error_code(errc::metadata_too_large);
    }
    return metadata;
}

struct overridable {
    std::string_view header;
    std::string_view parameter;
    std::string storage::object_attributes::*stored;
};

constexpr std::array overridables{
    overridable{"Content-Type", "response-content-type", &storage::object_attributes::content_type},
    overridable{"Cache-Control", "response-cache-control", &storage::object_attributes::cache_control},
    overridable{
        "Content-Disposition",
        "response-content-disposition",
        &storage::object_attributes::content_disposition},
    overridable{
        "Content-Encoding", "response-content-encoding", &storage::object_attributes::content_encoding},
    overridable{
        "Content-Language", "response-content-language", &storage::object_attributes::content_language},
    overridable{"Expires", "response-expires", &storage::object_attributes::expires},
};

bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

}  // namespace

std::string stored_content_encoding(std::string_view header) {
    std::string kept;
    while (!header.empty()) {
        const auto comma = header.find(',');
        const auto token = trim(header.substr(0, comma));
        header = comma == std::string_view::npos ? std::string_view{} : header.substr(comma + 1);
        if (token.empty() || equal_ignoring_case(token, "aws-chunked"))
            continue;
        if (!kept.empty())
            kept += ", ";
        kept += token;
    }
    return kept;
}

result<std::vector<std::pair<std::string, std::string>>> tags_of(call& request) {
    const auto header = request.header("x-amz-tagging");
    if (!header)
        return tag_list{};
    auto tags = parse_tagging(*header);
    if (tags)
        return tags;
    const auto error = to_errc(tags.error());
    if (error == errc::bad_request)
        return request.fail(error, "Object tags cannot be greater than 10");
    if (error == errc::invalid_argument)
        return request.fail_argument(
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters "
            "without tag "
            "name duplicates.",
            "x-amz-tagging",
            std::string(*header)
        );
    return tags.error();
}

result<std::string> storage_class_of(call& request) {
    const auto name = request.header_text("x-amz-storage-class");
    if (name.empty() || name == "STANDARD")
        return std::string{};
    if (std::find(storage_classes.begin(), storage_classes.end(), name) == storage_classes.end())
        return make_error_code(errc::invalid_storage_class);
    return std::string(name);
}

result<std::string> website_redirect_of(call& request) {
    const auto target = request.header_text("x-amz-website-redirect-location");
    if (target.empty() || target.starts_with('/') || target.starts_with("http://") ||
        target.starts_with("https://"))
        return stored_text(target);
    return request.fail_with(
        400,
        "InvalidRedirectLocation",
        "The website redirect location must have a prefix of 'http://' or 'https://' or '/'."
    );
}

result<storage::object_attributes> attributes_of(call& request) {
    storage::object_attributes attributes;
    const auto& head = request.head();
    const auto text = [&head](std::string_view name) {
        return stored_text(head.find(name).value_or(""));
    };
    attributes.content_type = text("Content-Type");
    attributes.cache_control = text("Cache-Control");
    attributes.content_disposition = text("Content-Disposition");
    attributes.content_encoding = stored_content_encoding(text("Content-Encoding"));
    attributes.content_language = text("Content-Language");
    attributes.expires = text("Expires");
    auto metadata = user_metadata_of(request);
    LABSTORE_TRY(metadata);
    attributes.user_metadata = std::move(*metadata);
    auto tags = tags_of(request);
    LABSTORE_TRY(tags);
    attributes.tags = std::move(*tags);
    auto storage_class = storage_class_of(request);
    LABSTORE_TRY(storage_class);
    attributes.storage_class = std::move(*storage_class);
    auto redirect = website_redirect_of(request);
    LABSTORE_TRY(redirect);
    attributes.website_redirect = std::move(*redirect);
    return attributes;
}

void add_version_id(http::response_head& head, std::string_view version_id) {
    if (!version_id.empty())
        head.add("x-amz-version-id", version_id);
}

void add_validators(http::response_head& head, const storage::object_info& object) {
    head.add_quoted("ETag", object.etag);
    head.add("Last-Modified", as_text(http_date(object.modified)));
    add_version_id(head, object.version_id);
}

void add_object_headers(http::response_head& head, const call& request, const storage::object_info& object) {
    const auto& attributes = object.attributes;
    head.add("Accept-Ranges", "bytes");
    for (const auto& one : overridables) {
        const auto given = request.query.find(one.parameter);
        const std::string_view value = given ? *given : std::string_view(attributes.*one.stored);
        if (!value.empty())
            head.add(one.header, value);
        else if (one.stored == &storage::object_attributes::content_type)
            head.add(one.header, default_content_type);
    }
    for (const auto& [name, value] : attributes.user_metadata)
        head.add(std::string(metadata_prefix) + name, value);
    if (!attributes.tags.empty())
        head.add("x-amz-tagging-count", static_cast<std::uint64_t>(attributes.tags.size()));
    if (!attributes.storage_class.empty())
        head.add("x-amz-storage-class", attributes.storage_class);
    if (!attributes.website_redirect.empty())
        head.add("x-amz-website-redirect-location", attributes.website_redirect);
    add_lock_headers(head, object.lock);
}

result<void> check_overrides(call& request) {
    for (const auto& one : overridables) {
        const auto value = request.query.text(one.parameter);
        if (std::any_of(value.begin(), value.end(), is_control))
            return request.fail_argument(
                "Header value cannot be represented", one.parameter, std::string(value)
            );
    }
    return {};
}

void add_checksum_headers(
    http::response_head& head,
    const storage::checksum_value& value,
    bool composite_object,
    std::string_view etag
) {
    head.add(checksum_header_name(value.algorithm), checksum_text(value, etag));
    head.add("x-amz-checksum-type", composite_object ? "COMPOSITE" : "FULL_OBJECT");
}

}  // namespace labstore::s3
