#include "s3/listing.hpp"
#include "s3/operations/operations.hpp"

namespace labstore::s3::operations {

namespace {

constexpr std::string_view null_version = "null";

void write_position(
    xml::writer& out, const call& request, const text_encoder& encoder, const storage::object_page& page
) {
    encoder.write(out, "KeyMarker", request.query.text("key-marker"));
    out.element("VersionIdMarker", request.query.text("version-id-marker"));
    if (!page.more)
        return;
    encoder.write(out, "NextKeyMarker", page.next);
    if (std::holds_alternative<storage::listed_object>(page.entries.back()))
        out.element("NextVersionIdMarker", null_version);
}

std::string write_document(
    const call& request,
    const text_encoder& encoder,
    const storage::list_request& asked,
    const storage::object_page& page
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
    for (const auto& entry : page.entries) {
        const auto* object = std::get_if<storage::listed_object>(&entry);
        if (object == nullptr)
            continue;
        out.open("Version");
        encoder.write(out, "Key", object->key);
        out.element("VersionId", null_version);
        out.element("IsLatest", true);
        write_object_facts(out, *object);
        write_owner(out, "Owner", object->owner_id, object->owner_name);
        out.element("StorageClass", storage_class_text(object->storage_class));
        out.close("Version");
    }
    for (const auto& entry : page.entries)
        if (const auto* prefix = std::get_if<std::string_view>(&entry))
            write_common_prefix(out, encoder, *prefix);
    out.close("ListVersionsResult");
    return out.take();
}

}  // namespace

/// Buckets are unversioned so far: each object is its one version, "null".
awaitable<result<void>> list_object_versions(call& request) {
    const auto encoder = text_encoder::of(request);
    LABSTORE_CO_TRY(encoder);
    const auto size = page_size_of(request, "max-keys");
    LABSTORE_CO_TRY(size);
    const auto key_marker = request.query.text("key-marker");
    if (key_marker.empty() && !request.query.text("version-id-marker").empty())
        co_return request.fail_argument(
            "A version-id marker cannot be specified without a key marker.",
            "version-id-marker",
            std::string(request.query.text("version-id-marker"))
        );
    storage::list_request asked{
        request.target.bucket,
        std::string(request.query.text("prefix")),
        std::string(request.query.text("delimiter")),
        std::string(key_marker),
        *size,
    };
    storage::object_page page;
    if (asked.limit != 0) {
        auto listing = request.store.list_objects(asked);
        auto listed = co_await std::move(listing);
        LABSTORE_CO_TRY(listed);
        page = std::move(*listed);
    }
    auto answering = respond_xml(request, write_document(request, *encoder, asked, page));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3::operations
