#include "s3/features.hpp"
#include "s3/listing.hpp"
#include "s3/object_read.hpp"
#include "s3/operations/operations.hpp"
#include "s3/payload_reader.hpp"
#include "s3/xml/requests.hpp"

namespace labstore::s3::operations {

namespace {

/// ACLs are disabled, which reads as: everything is the bucket owner's.
std::string write_document(const storage::account& owner) {
    xml::writer out;
    out.open_root("AccessControlPolicy");
    write_owner(out, "Owner", owner);
    out.open("AccessControlList");
    out.open("Grant");
    out.open_with(
        "Grantee", R"(xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser")"
    );
    out.element("ID", owner.id);
    out.element("DisplayName", owner.display_name);
    out.close("Grantee");
    out.element("Permission", "FULL_CONTROL");
    out.close("Grant");
    out.close("AccessControlList");
    out.close("AccessControlPolicy");
    return out.take();
}

awaitable<result<void>> check_object_exists(call& request) {
    auto asking = stat_named(request);
    const auto found = co_await std::move(asking);
    LABSTORE_CO_TRY(found);
    co_return result<void>{};
}

/// The body of a Put without ACL headers. AWS takes the document that says what holds anyway; s3cmd sends it.
awaitable<result<void>> check_acl_document(call& request) {
    auto reading = receive_document(request, request.settings.xml_size_bytes_max);
    const auto text = co_await std::move(reading);
    LABSTORE_CO_TRY(text);
    const auto harmless = xml::grants_owner_alone(*text, request.bucket->owner.id);
    if (!harmless)
        co_return to_errc(harmless.error());
    if (*harmless)
        co_return result<void>{};
    if (request.settings.accept_acl_headers)
        co_return request.fail(errc::not_implemented, "Access control lists are not implemented.");
    co_return request.fail_with(400, "AccessControlListNotSupported", "The bucket does not allow ACLs");
}

}  // namespace

awaitable<result<void>> get_bucket_acl(call& request) {
    return respond_xml(request, write_document(request.bucket->owner));
}

awaitable<result<void>> get_object_acl(call& request) {
    auto checking = check_object_exists(request);
    const auto there = co_await std::move(checking);
    LABSTORE_CO_TRY(there);
    auto answering = respond_xml(request, write_document(request.bucket->owner));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

/// PutBucketAcl and PutObjectAcl, as for a bucket whose ACLs are disabled: only what changes nothing succeeds.
awaitable<result<void>> put_acl(call& request) {
    if (!request.target.key.empty()) {
        auto checking = check_object_exists(request);
        const auto there = co_await std::move(checking);
        LABSTORE_CO_TRY(there);
    }
    const auto accepted = check_acl_headers(request);
    LABSTORE_CO_TRY(accepted);
    const bool in_headers = request.header("x-amz-acl") || request.has_header_with_prefix("x-amz-grant-");
    if (!in_headers) {
        auto checking = check_acl_document(request);
        const auto harmless = co_await std::move(checking);
        LABSTORE_CO_TRY(harmless);
    }
    auto answering = respond_empty(request, http::response_head(200));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3::operations
