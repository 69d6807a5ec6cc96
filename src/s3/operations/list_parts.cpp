#include "s3/checksums.hpp"
#include "s3/lifecycle.hpp"
#include "s3/listing.hpp"
#include "s3/multipart.hpp"
#include "s3/operations/operations.hpp"

namespace labstore::s3::operations {

namespace {

result<std::uint32_t> marker_of(call& request) {
    const auto text = request.query.text("part-number-marker");
    if (text.empty())
        return std::uint32_t{0};
    const auto number = parse_decimal(text);
    if (!number || *number > 2'147'483'647)
        return request.fail_argument(
            "Provided part-number-marker not an integer or within integer range",
            "part-number-marker",
            std::string(text)
        );
    return static_cast<std::uint32_t>(*number);
}

void write_part(xml::writer& out, const storage::part_info& part) {
    out.open("Part");
    out.element("PartNumber", part.number);
    out.element("LastModified", format_iso8601(part.modified));
    out.etag_element(part.etag);
    out.element("Size", part.size_bytes);
    if (part.checksum)
        out.element(
            checksum_element_name(part.checksum->algorithm), checksum_text(*part.checksum, part.etag)
        );
    out.close("Part");
}

std::string write_document(
    const call& request,
    const text_encoder& encoder,
    const storage::part_page& page,
    std::uint32_t after,
    std::size_t limit
) {
    xml::writer out;
    out.open_root("ListPartsResult");
    out.element("Bucket", request.target.bucket);
    encoder.write(out, "Key", request.target.key);
    out.element("UploadId", page.upload.upload_id);
    write_owner(out, "Initiator", page.upload.owner);
    write_owner(out, "Owner", page.upload.owner);
    out.element("StorageClass", storage_class_text(page.upload.attributes.storage_class));
    out.element("PartNumberMarker", after);
    if (!page.parts.empty())
        out.element("NextPartNumberMarker", page.parts.back().number);
    out.element("MaxParts", limit);
    encoder.write_type(out);
    out.element("IsTruncated", page.more);
    if (page.upload.checksum_algorithm) {
        out.element("ChecksumAlgorithm", crypto::checksum_name(*page.upload.checksum_algorithm));
        if (const auto type = checksum_type_name(page.upload.type); !type.empty())
            out.element("ChecksumType", type);
    }
    for (const auto& part : page.parts)
        write_part(out, part);
    out.close("ListPartsResult");
    return out.take();
}

}  // namespace

awaitable<result<void>> list_parts(call& request) {
    const auto id = upload_id_of(request);
    LABSTORE_CO_TRY(id);
    const auto encoder = text_encoder::of(request);
    LABSTORE_CO_TRY(encoder);
    const auto limit = page_size_of(request, "max-parts");
    LABSTORE_CO_TRY(limit);
    const auto after = marker_of(request);
    LABSTORE_CO_TRY(after);
    auto listing = request.store.list_parts(request.target.bucket, request.target.key, *id, *after, *limit);
    const auto page = co_await std::move(listing);
    LABSTORE_CO_TRY(page);
    http::response_head head(200);
    add_abort_date(head, request, page->upload.initiated);
    auto answering =
        respond_xml(request, write_document(request, *encoder, *page, *after, *limit), std::move(head));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3::operations
