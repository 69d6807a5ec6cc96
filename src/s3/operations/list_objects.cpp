#include "s3/listing.hpp"
#include "s3/operations/operations.hpp"

namespace labstore::s3::operations {

namespace {

std::string write_document(
    const call& request,
    const text_encoder& encoder,
    const storage::list_request& asked,
    const storage::object_page& page
) {
    xml::writer out(page_bytes_expected(page.entries.size()));
    out.open_root("ListBucketResult");
    out.element("Name", request.target.bucket);
    encoder.write(out, "Prefix", asked.prefix);
    encoder.write(out, "Marker", request.query.text("marker"));
    out.element("MaxKeys", asked.limit);
    if (!asked.delimiter.empty())
        encoder.write(out, "Delimiter", asked.delimiter);
    out.element("IsTruncated", page.more);
    // Without a delimiter the last key says it, and AWS leaves it at that.
    if (page.more && !asked.delimiter.empty())
        encoder.write(out, "NextMarker", page.next);
    encoder.write_type(out);
    for (const auto& entry : page.entries) {
        const auto* object = std::get_if<storage::listed_object>(&entry);
        if (object == nullptr)
            continue;
        out.open("Contents");
        encoder.write(out, "Key", object->key);
        write_object_facts(out, *object);
        write_owner(out, "Owner", object->owner_id, object->owner_name);
        out.element("StorageClass", storage_class_text(object->storage_class));
        out.close("Contents");
    }
    for (const auto& entry : page.entries)
        if (const auto* prefix = std::get_if<std::string_view>(&entry))
            write_common_prefix(out, encoder, *prefix);
    out.close("ListBucketResult");
    return out.take();
}

}  // namespace

awaitable<result<void>> list_objects(call& request) {
    const auto encoder = text_encoder::of(request);
    LABSTORE_CO_TRY(encoder);
    const auto size = page_size_of(request, "max-keys");
    LABSTORE_CO_TRY(size);
    storage::list_request asked{
        request.target.bucket,
        std::string(request.query.text("prefix")),
        std::string(request.query.text("delimiter")),
        std::string(request.query.text("marker")),
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
