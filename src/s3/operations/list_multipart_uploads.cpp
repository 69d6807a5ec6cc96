#include "s3/checksums.hpp"
#include "s3/listing.hpp"
#include "s3/operations/operations.hpp"

namespace labstore::s3::operations {

namespace {

void write_upload(xml::writer& out, const text_encoder& encoder, const storage::upload_info& upload) {
    out.open("Upload");
    encoder.write(out, "Key", upload.key);
    out.element("UploadId", upload.upload_id);
    write_owner(out, "Initiator", upload.owner);
    write_owner(out, "Owner", upload.owner);
    out.element("StorageClass", storage_class_text(upload.attributes.storage_class));
    out.element("Initiated", format_iso8601(upload.initiated));
    if (upload.checksum_algorithm) {
        out.element("ChecksumAlgorithm", crypto::checksum_name(*upload.checksum_algorithm));
        if (const auto type = checksum_type_name(upload.type); !type.empty())
            out.element("ChecksumType", type);
    }
    out.close("Upload");
}

std::string write_document(
    const call& request,
    const text_encoder& encoder,
    const storage::list_uploads_request& asked,
    const storage::upload_page& page
) {
    xml::writer out;
    out.open_root("ListMultipartUploadsResult");
    out.element("Bucket", request.target.bucket);
    encoder.write(out, "KeyMarker", request.query.text("key-marker"));
    out.element("UploadIdMarker", request.query.text("upload-id-marker"));
    if (page.more) {
        encoder.write(out, "NextKeyMarker", page.next_key);
        out.element("NextUploadIdMarker", page.next_upload_id);
    }
    encoder.write(out, "Prefix", asked.prefix);
    if (!asked.delimiter.empty())
        encoder.write(out, "Delimiter", asked.delimiter);
    out.element("MaxUploads", asked.limit);
    encoder.write_type(out);
    out.element("IsTruncated", page.more);
    for (const auto& entry : page.entries)
        if (const auto* upload = std::get_if<storage::upload_info>(&entry))
            write_upload(out, encoder, *upload);
    for (const auto& entry : page.entries)
        if (const auto* prefix = std::get_if<std::string>(&entry))
            write_common_prefix(out, encoder, *prefix);
    out.close("ListMultipartUploadsResult");
    return out.take();
}

}  // namespace

awaitable<result<void>> list_multipart_uploads(call& request) {
    const auto encoder = text_encoder::of(request);
    LABSTORE_CO_TRY(encoder);
    const auto limit = page_size_of(request, "max-uploads");
    LABSTORE_CO_TRY(limit);
    storage::list_uploads_request asked{
        request.target.bucket,
        std::string(request.query.text("prefix")),
        std::string(request.query.text("delimiter")),
        std::string(request.query.text("key-marker")),
        {},
        *limit,
    };
    // Alone it says nothing: upload ids are ordered within a key.
    if (!asked.key_marker.empty())
        asked.upload_id_marker = request.query.text("upload-id-marker");
    storage::upload_page page;
    if (asked.limit != 0) {
        auto listing = request.store.list_uploads(asked);
        auto listed = co_await std::move(listing);
        if (!listed && to_errc(listed.error()) == errc::invalid_argument)
            co_return request.fail_argument(
                "Invalid uploadId marker", "upload-id-marker", asked.upload_id_marker
            );
        LABSTORE_CO_TRY(listed);
        page = std::move(*listed);
    }
    auto answering = respond_xml(request, write_document(request, *encoder, asked, page));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3::operations
