#include "s3/listing.hpp"
#include "s3/operations/operations.hpp"

namespace labstore::s3::operations {

namespace {

/// Where the page begins: the token says it better than start-after when both are given.
result<std::string> position_of(call& request) {
    const auto token = request.query.find("continuation-token");
    if (!token)
        return std::string(request.query.text("start-after"));
    auto position = decode_token(*token);
    if (!position)
        return request.fail_argument(
            "The continuation token provided is incorrect", "continuation-token", std::string(*token)
        );
    return std::move(*position);
}

void write_contents(
    xml::writer& out, const text_encoder& encoder, const storage::listed_object& object, bool with_owner
) {
    out.open("Contents");
    encoder.write(out, "Key", object.key);
    write_object_facts(out, object);
    if (with_owner)
        write_owner(out, "Owner", object.owner_id, object.owner_name);
    out.element("StorageClass", storage_class_text(object.storage_class));
    out.close("Contents");
}

std::string write_document(
    const call& request,
    const text_encoder& encoder,
    const storage::list_request& asked,
    const storage::object_page& page
) {
    const bool with_owner = request.query.text("fetch-owner") == "true";
    xml::writer out(page_bytes_expected(page.entries.size()));
    out.open_root("ListBucketResult");
    out.element("Name", request.target.bucket);
    encoder.write(out, "Prefix", asked.prefix);
    if (const auto token = request.query.find("continuation-token"))
        out.element("ContinuationToken", *token);
    if (page.more)
        out.element("NextContinuationToken", encode_token(page.next));
    if (const auto start = request.query.find("start-after"))
        encoder.write(out, "StartAfter", *start);
    out.element("KeyCount", page.entries.size());
    out.element("MaxKeys", asked.limit);
    if (!asked.delimiter.empty())
        encoder.write(out, "Delimiter", asked.delimiter);
    encoder.write_type(out);
    out.element("IsTruncated", page.more);
    for (const auto& entry : page.entries)
        if (const auto* object = std::get_if<storage::listed_object>(&entry))
            write_contents(out, encoder, *object, with_owner);
    for (const auto& entry : page.entries)
        if (const auto* prefix = std::get_if<std::string_view>(&entry))
            write_common_prefix(out, encoder, *prefix);
    out.close("ListBucketResult");
    return out.take();
}

}  // namespace

awaitable<result<void>> list_objects_v2(call& request) {
    if (request.query.text("list-type") != "2")
        co_return request.fail_argument(
            "Invalid List Type", "list-type", std::string(request.query.text("list-type"))
        );
    const auto encoder = text_encoder::of(request);
    LABSTORE_CO_TRY(encoder);
    const auto size = page_size_of(request, "max-keys");
    LABSTORE_CO_TRY(size);
    auto position = position_of(request);
    LABSTORE_CO_TRY(position);
    storage::list_request asked{
        request.target.bucket,
        std::string(request.query.text("prefix")),
        std::string(request.query.text("delimiter")),
        std::move(*position),
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
