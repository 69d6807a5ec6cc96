#include "s3/operations/operations.hpp"
#include "s3/payload_reader.hpp"
#include "s3/xml/requests.hpp"
#include "s3/xml/writer.hpp"

namespace labstore::s3::operations {

namespace {

using storage::versioning_state;

/// Where no MFA device is known, AWS refuses both what would need one and what claims to have one.
result<void> check_mfa(call& request, const xml::versioning_request& wanted) {
    if (!wanted.mfa_delete && !request.header("x-amz-mfa"))
        return {};
    return request.fail(errc::access_denied, "Mfa Authentication must be used for this request");
}

error_code refuse_state(call& request) {
    return request.fail_with(
        409,
        "InvalidBucketState",
        "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
    );
}

}  // namespace

awaitable<result<void>> get_bucket_versioning(call& request) {
    xml::writer out;
    out.open_root("VersioningConfiguration");
    if (request.bucket->versioning != versioning_state::unversioned)
        out.element(
            "Status", request.bucket->versioning == versioning_state::enabled ? "Enabled" : "Suspended"
        );
    out.close("VersioningConfiguration");
    return respond_xml(request, out.take());
}

awaitable<result<void>> put_bucket_versioning(call& request) {
    auto reading = receive_document(request, request.settings.xml_size_bytes_max);
    const auto text = co_await std::move(reading);
    LABSTORE_CO_TRY(text);
    const auto wanted = xml::parse_versioning(*text);
    LABSTORE_CO_TRY(wanted);
    const auto allowed = check_mfa(request, *wanted);
    LABSTORE_CO_TRY(allowed);
    if (wanted->state == versioning_state::unversioned)
        co_return request.fail_with(
            400, "IllegalVersioningConfigurationException", "The Versioning element must be specified"
        );
    const bool suspends = wanted->state == versioning_state::suspended;
    if (suspends && request.bucket->object_lock)
        co_return refuse_state(request);
    auto setting = request.store.set_versioning(request.target.bucket, wanted->state);
    const auto done = co_await std::move(setting);
    if (!done && suspends && to_errc(done.error()) == errc::operation_aborted)
        co_return refuse_state(request);
    LABSTORE_CO_TRY(done);
    auto answering = respond_empty(request, http::response_head(200));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3::operations
