#include "s3/checksums.hpp"
#include "s3/conditions.hpp"
#include "s3/features.hpp"
#include "s3/lifecycle.hpp"
#include "s3/object_headers.hpp"
#include "s3/object_lock.hpp"
#include "s3/operations/operations.hpp"
#include "s3/payload_reader.hpp"

namespace labstore::s3::operations {

namespace {

/// All that can be refused before a byte of the body is asked for.
result<storage::put_request> check(call& request) {
    if (request.query.has("versionId"))
        return request.fail_argument(
            "This operation does not accept a version-id.",
            "versionId",
            std::string(request.query.text("versionId"))
        );
    auto lock = lock_of(request);
    LABSTORE_TRY(lock);
    LABSTORE_TRY(check_lock_proof(request, *lock));
    LABSTORE_TRY(check_acl_headers(request));
    auto attributes = attributes_of(request);
    LABSTORE_TRY(attributes);
    storage::put_request wanted;
    wanted.owner = request.account();
    wanted.attributes = std::move(*attributes);
    wanted.conditions = write_conditions_of(request);
    wanted.lock = *lock;
    return wanted;
}

http::response_head describe_result(const call& request, const storage::put_result& stored) {
    http::response_head head(200);
    head.add_quoted("ETag", stored.etag);
    add_version_id(head, stored.version_id);
    if (stored.checksum)
        add_checksum_headers(head, *stored.checksum, stored.checksum->composite, stored.etag);
    add_expiration(head, request, stored);
    return head;
}

}  // namespace

awaitable<result<void>> put_object(call& request) {
    auto wanted = check(request);
    LABSTORE_CO_TRY(wanted);
    auto claims = body_claims_of(request);
    LABSTORE_CO_TRY(claims);
    const auto size = announced_size(request);
    LABSTORE_CO_TRY(size);
    if (size->value_or(0) > request.settings.put_size_bytes_max) {
        request.detail.elements.emplace_back("ProposedSize", std::to_string(**size));
        request.detail.elements.emplace_back(
            "MaxSizeAllowed", std::to_string(request.settings.put_size_bytes_max)
        );
        co_return make_error_code(errc::entity_too_large);
    }

    auto beginning =
        request.store.begin_object(request.target.bucket, request.target.key, *size, wanted->conditions);
    auto stream = co_await std::move(beginning);
    LABSTORE_CO_TRY(stream);
    // AWS keeps a CRC64NVME of every object that comes without a checksum.
    auto computed = std::optional<crypto::checksum_algorithm>{};
    if (!claims->declared)
        computed = crypto::checksum_algorithm::crc64nvme;
    auto receiving = receive_upload(request, **stream, *size, std::move(*claims), computed);
    auto proof = co_await std::move(receiving);
    LABSTORE_CO_TRY(proof);

    wanted->etag = std::move(proof->etag);
    wanted->checksum = proof->checksum ? std::move(proof->checksum) : std::move(proof->extra);
    auto putting = request.store.put_object(std::move(*stream), std::move(*wanted));
    const auto stored = co_await std::move(putting);
    LABSTORE_CO_TRY(stored);
    auto answering = respond_empty(request, describe_result(request, *stored));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3::operations
