#include "s3/listing.hpp"
#include "s3/object_read.hpp"
#include "s3/operations/operations.hpp"

namespace labstore::s3::operations {

namespace {

std::string_view version_text(const storage::object_info& object) {
    return object.version_id.empty() ? std::string_view("null") : std::string_view(object.version_id);
}

void write_position(
    xml::writer& out, const call& request, const text_encoder& encoder, const storage::version_page& page
) {
    encoder.write(out, "KeyMarker", request.query.text("key-marker"));
    out.element("VersionIdMarker", request.query.text("version-id-marker"));
    if (!page.more)
        return;
    encoder.write(out, "NextKeyMarker", page.next_key);
    if (!page.next_version_id.empty())
        out.element("NextVersionIdMarker", page.next_version_id);
}

void write_version(xml::writer& out, const text_encoder& encoder, const storage::version_info& version) {
    const auto& object = version.object;
    const std::string_view name = object.delete_marker ? "DeleteMarker" : "Version";
    out.open(name);
    encoder.write(out, "Key", object.key);
    out.element("VersionId", version_text(object));
    out.element("IsLatest", version.latest);
    if (object.delete_marker)
        out.element("LastModified", as_text(iso8601(object.modified)));
    else
        write_object_facts(out, object);
    write_owner(out, "Owner", object.owner);
    if (!object.delete_marker)
        out.element("StorageClass", storage_class_text(object.attributes.storage_class));
    out.close(name);
}

std::string write_document(
    const call& request,
    const text_encoder& encoder,
    const storage::list_versions_request& asked,
    const storage::version_page& page
) {
    xml::writer out(page_bytes_expected(page.entries.size()));
    out.open_root("ListVersionsResult");
    out.element("Name", request.target.bucket);
    encoder.write(out, "Prefix", asked.prefix);
    write_position(out, request, encoder, page);
    out.element("MaxKeys", asked.limit);
    if (!asked.delimiter.empty())
        encoder.write(out, "Delimiter", asked.delimiter);
    encoder.write_type(out);
    out.element("IsTruncated", page.more);
    for (const auto& entry : page.entries)
        if (const auto* version = std::get_if<storage::version_info>(&entry))
            write_version(out, encoder, *version);
    for (const auto& entry : page.entries)
        if (const auto* prefix = std::get_if<std::string>(&entry))
            write_common_prefix(out, encoder, *prefix);
    out.close("ListVersionsResult");
    return out.take();
}

/// The position that the request continues from.
result<void> check_markers(call& request) {
    const auto version = request.query.text("version-id-marker");
    if (version.empty())
        return {};
    if (request.query.text("key-marker").empty())
        return request.fail_argument(
            "A version-id marker cannot be specified without a key marker.",
            "version-id-marker",
            std::string(version)
        );
    if (!is_version_id(version))
        return request.fail_argument(
            "Invalid version id specified", "version-id-marker", std::string(version)
        );
    return {};
}

}  // namespace

awaitable<result<void>> list_object_versions(call& request) {
    const auto encoder = text_encoder::of(request);
    LABSTORE_CO_TRY(encoder);
    const auto size = page_size_of(request, "max-keys");
    LABSTORE_CO_TRY(size);
    const auto placed = check_markers(request);
    LABSTORE_CO_TRY(placed);
    storage::list_versions_request asked{
        request.target.bucket,
        std::string(request.query.text("prefix")),
        std::string(request.query.text("delimiter")),
        std::string(request.query.text("key-marker")),
        std::string(request.query.text("version-id-marker")),
        *size,
    };
    storage::version_page page;
    if (asked.limit != 0) {
        auto listing = request.store.list_versions(asked);
        auto listed = co_await std::move(listing);
        LABSTORE_CO_TRY(listed);
        page = std::move(*listed);
    }
    auto answering = respond_xml(request, write_document(request, *encoder, asked, page));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3::operations
