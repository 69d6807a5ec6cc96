#include "s3/checksums.hpp"
#include "s3/listing.hpp"
#include "s3/object_headers.hpp"
#include "s3/object_read.hpp"
#include "s3/operations/operations.hpp"

#include <algorithm>
#include <array>

namespace labstore::s3::operations {

namespace {

constexpr std::string_view attributes_header = "x-amz-object-attributes";

struct wish {
    bool etag = false;
    bool checksum = false;
    bool parts = false;
    bool storage_class = false;
    bool size = false;
    std::uint32_t parts_after = 0;
    std::size_t parts_limit = 1000;
};

struct known_attribute {
    std::string_view name;
    bool wish::*flag;
};

constexpr std::array known_attributes{
    known_attribute{"ETag", &wish::etag},
    known_attribute{"Checksum", &wish::checksum},
    known_attribute{"ObjectParts", &wish::parts},
    known_attribute{"StorageClass", &wish::storage_class},
    known_attribute{"ObjectSize", &wish::size},
};

bool set(wish& wanted, std::string_view name) {
    for (const auto& one : known_attributes) {
        if (one.name == name) {
            wanted.*one.flag = true;
            return true;
        }
    }
    return false;
}

/// A whole number in a header, up to a million: part numbers and page sizes never reach that.
result<std::optional<std::uint64_t>> number_of(call& request, std::string_view header) {
    const auto text = request.header(header);
    if (!text)
        return std::optional<std::uint64_t>{};
    const auto number = parse_decimal(*text);
    if (!number || *number > 1'000'000)
        return request.fail_argument(
            "Provided " + std::string(header) + " not an integer or within integer range",
            header,
            std::string(*text)
        );
    return number;
}

/// The names in one header or parameter.
result<void> read_names(call& request, std::string_view list, wish& wanted) {
    while (!list.empty()) {
        const auto comma = list.find(',');
        const auto name = trim(list.substr(0, comma));
        list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
        if (!set(wanted, name))
            return request.fail_argument(
                "Invalid attribute name specified.", attributes_header, std::string(name)
            );
    }
    return {};
}

/// Everything that says which attributes are wanted: the SDKs send the names in one header or in several, and
/// in the query of a presigned URL.
std::vector<std::string_view> wishes_of(const call& request) {
    std::vector<std::string_view> wishes;
    for (const auto& field : request.head().headers)
        if (equal_ignoring_case(field.name, attributes_header))
            wishes.push_back(field.value);
    if (wishes.empty() && request.hoists())
        for (const auto& [name, value] : request.query.all())
            if (equal_ignoring_case(name, attributes_header))
                wishes.emplace_back(value);
    return wishes;
}

result<wish> read_wish(call& request) {
    wish wanted;
    for (const auto list : wishes_of(request))
        LABSTORE_TRY(read_names(request, list, wanted));
    const bool any = std::any_of(known_attributes.begin(), known_attributes.end(), [&](const auto& one) {
        return wanted.*one.flag;
    });
    if (!any)
        return request.fail(
            errc::invalid_request,
            "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing "
            "or "
            "empty"
        );
    const auto limit = number_of(request, "x-amz-max-parts");
    LABSTORE_TRY(limit);
    wanted.parts_limit = std::min<std::size_t>(limit->value_or(1000), 1000);
    const auto after = number_of(request, "x-amz-part-number-marker");
    LABSTORE_TRY(after);
    wanted.parts_after = static_cast<std::uint32_t>(after->value_or(0));
    return wanted;
}

void write_parts(
    xml::writer& out,
    const wish& wanted,
    const storage::object_info& object,
    const std::vector<storage::part_info>& parts,
    bool more
) {
    out.open("ObjectParts");
    out.element("PartsCount", object.parts_count);
    out.element("PartNumberMarker", wanted.parts_after);
    if (!parts.empty())
        out.element("NextPartNumberMarker", parts.back().number);
    out.element("MaxParts", wanted.parts_limit);
    out.element("IsTruncated", more);
    for (const auto& part : parts) {
        out.open("Part");
        out.element("PartNumber", part.number);
        out.element("Size", part.size_bytes);
        if (part.checksum)
            out.element(
                checksum_element_name(part.checksum->algorithm), checksum_text(*part.checksum, part.etag)
            );
        out.close("Part");
    }
    out.close("ObjectParts");
}

std::string write_document(
    const wish& wanted, const storage::object_info& object, std::vector<storage::part_info> parts
) {
    const bool more = parts.size() > wanted.parts_limit;
    if (more)
        parts.resize(wanted.parts_limit);
    xml::writer out;
    out.open_root("GetObjectAttributesResponse");
    if (wanted.etag)
        out.element("ETag", object.etag);  // without quotes, here alone
    if (wanted.checksum && object.checksum) {
        out.open("Checksum");
        out.element(
            checksum_element_name(object.checksum->algorithm), checksum_text(*object.checksum, object.etag)
        );
        out.element("ChecksumType", checksum_type_text(*object.checksum));
        out.close("Checksum");
    }
    if (wanted.parts && object.parts_count != 0)
        write_parts(out, wanted, object, parts, more);
    if (wanted.storage_class)
        out.element("StorageClass", storage_class_text(object.attributes.storage_class));
    if (wanted.size)
        out.element("ObjectSize", object.size_bytes);
    out.close("GetObjectAttributesResponse");
    return out.take();
}

}  // namespace

awaitable<result<void>> get_object_attributes(call& request) {
    const auto wanted = read_wish(request);
    LABSTORE_CO_TRY(wanted);
    const auto name = object_name_of(request);
    LABSTORE_CO_TRY(name);
    read_plan plan;
    std::vector<storage::part_info> parts;
    // One part more than asked for tells whether there are more.
    auto finding = find_with_parts(
        request, *name, plan, false, wanted->parts_after, wanted->parts ? wanted->parts_limit + 1 : 1, parts
    );
    const auto found = co_await std::move(finding);
    LABSTORE_CO_TRY(found);
    const auto& object = plan.object();
    http::response_head head(200);
    head.add("Last-Modified", format_http_date(object.modified));
    add_version_id(head, object.version_id);
    auto document = write_document(*wanted, object, std::move(parts));
    auto answering = respond_xml(request, std::move(document), std::move(head));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3::operations
