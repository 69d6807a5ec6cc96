#include "s3/checksums.hpp"
#include "s3/multipart.hpp"
#include "s3/operations/operations.hpp"
#include "s3/payload_reader.hpp"

namespace labstore::s3::operations {

namespace {

/// A part's checksum has to be of the upload's algorithm. CRC64NVME is also what an upload has that named
/// none, and then a part may come with any other: it proves the part and the CRC64NVME is kept.
result<void> check_algorithm(call& request, const storage::upload_info& upload, const body_claims& claims) {
    if (!upload.checksum_algorithm || !claims.declared || upload.checksum_algorithm == claims.declared ||
        upload.checksum_algorithm == checksum_algorithm::crc64nvme)
        return {};
    return request.fail(
        errc::invalid_request,
        "Checksum Type mismatch occurred, expected checksum Type: " +
            to_lower(crypto::checksum_name(*upload.checksum_algorithm)) +
            ", actual checksum Type: " + to_lower(crypto::checksum_name(*claims.declared))
    );
}

}  // namespace

awaitable<result<void>> upload_part(call& request) {
    const auto number = upload_part_number_of(request);
    LABSTORE_CO_TRY(number);
    const auto id = upload_id_of(request);
    LABSTORE_CO_TRY(id);
    auto claims = body_claims_of(request);
    LABSTORE_CO_TRY(claims);
    const auto size = announced_size(request);
    LABSTORE_CO_TRY(size);
    if (size->value_or(0) > request.settings.put_size_bytes_max)
        co_return make_error_code(errc::entity_too_large);
    auto finding = request.store.find_upload(request.target.bucket, request.target.key, *id);
    const auto upload = co_await std::move(finding);
    LABSTORE_CO_TRY(upload);
    const auto fits = check_algorithm(request, *upload, *claims);
    LABSTORE_CO_TRY(fits);

    auto beginning = request.store.begin_part(request.target.bucket, request.target.key, *id, *number, *size);
    auto stream = co_await std::move(beginning);
    LABSTORE_CO_TRY(stream);
    auto receiving = receive_upload(request, **stream, *size, std::move(*claims), upload->checksum_algorithm);
    auto proof = co_await std::move(receiving);
    LABSTORE_CO_TRY(proof);

    storage::put_part_request wanted;
    wanted.etag = proof->etag;
    wanted.checksum = proof->extra ? proof->extra : proof->checksum;
    auto putting = request.store.put_part(std::move(*stream), std::move(wanted));
    const auto part = co_await std::move(putting);
    LABSTORE_CO_TRY(part);
    http::response_head head(200);
    head.add_quoted("ETag", part->etag);
    // The client hears about the checksum it sent; about ours only when it sent none.
    const auto& shown = proof->checksum ? proof->checksum : part->checksum;
    if (shown)
        head.add(checksum_header_name(shown->algorithm), checksum_text(*shown, part->etag));
    auto answering = respond_empty(request, std::move(head));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3::operations
