#include "s3/checksums.hpp"
#include "s3/features.hpp"
#include "s3/lifecycle.hpp"
#include "s3/object_headers.hpp"
#include "s3/object_lock.hpp"
#include "s3/operations/operations.hpp"
#include "s3/xml/writer.hpp"

namespace labstore::s3::operations {

namespace {

using storage::checksum_type;

/// The type that goes with the algorithm where none is asked for, and the pairs that do not exist.
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
result<checksum_type> settle_type(call& request, checksum_algorithm algorithm, checksum_type asked) {
    const auto name = to_lower(crypto::checksum_name(algorithm));
    const bool only_full = algorithm == checksum_algorithm::crc64nvme;
    if (asked == checksum_type::unspecified)
        return only_full ? checksum_type::full_object : checksum_type::composite;
    const bool possible = asked == checksum_type::composite ? !only_full : crypto::is_crc(algorithm);
    if (!possible)
        return request.fail(
            errc::invalid_request,
            "The " + std::string(checksum_type_name(asked)) + " checksum type cannot be used with the " +
                name + " checksum algorithm."
        );
    return asked;
}

result<void> read_checksum(call& request, storage::create_upload_request& wanted) {
    const auto name = request.header("x-amz-checksum-algorithm");
    const auto type = request.header("x-amz-checksum-type");
    auto asked = checksum_type::unspecified;
    if (type) {
        const auto parsed = parse_checksum_type(*type);
        if (!parsed)
            return request.fail(errc::invalid_request, "Value for x-amz-checksum-type header is invalid.");
        if (!name)
            return request.fail(
                errc::invalid_request,
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
            );
        asked = *parsed;
    }
    if (!name) {
        // AWS keeps a CRC64NVME of every object that comes without a checksum.
        wanted.checksum_algorithm = checksum_algorithm::crc64nvme;
        wanted.type = checksum_type::full_object;
        return {};
    }
    wanted.checksum_algorithm = crypto::parse_checksum_name(*name);
    if (!wanted.checksum_algorithm)
        return request.fail(
            errc::invalid_request,
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
            "[CRC32, "
            "CRC32C, CRC64NVME, SHA1, SHA256]"
        );
    const auto settled = settle_type(request, *wanted.checksum_algorithm, asked);
    LABSTORE_TRY(settled);
    wanted.type = *settled;
    return {};
}

result<storage::create_upload_request> check(call& request) {
    const auto lock = lock_of(request);
    LABSTORE_TRY(lock);
    LABSTORE_TRY(check_acl_headers(request));
    auto attributes = attributes_of(request);
    LABSTORE_TRY(attributes);
    storage::create_upload_request wanted;
    LABSTORE_TRY(read_checksum(request, wanted));
    wanted.bucket = request.target.bucket;
    wanted.key = request.target.key;
    wanted.owner = request.account();
    wanted.attributes = std::move(*attributes);
    wanted.lock = *lock;
    return wanted;
}

}  // namespace

awaitable<result<void>> create_multipart_upload(call& request) {
    auto wanted = check(request);
    LABSTORE_CO_TRY(wanted);
    http::response_head head(200);
    if (request.header("x-amz-checksum-algorithm")) {
        head.add("x-amz-checksum-algorithm", crypto::checksum_name(*wanted->checksum_algorithm));
        head.add("x-amz-checksum-type", checksum_type_name(wanted->type));
    }
    add_abort_date(head, request, request.time.now());
    auto creating = request.store.create_upload(std::move(*wanted));
    const auto id = co_await std::move(creating);
    LABSTORE_CO_TRY(id);
    xml::writer out;
    out.open_root("InitiateMultipartUploadResult");
    out.element("Bucket", request.target.bucket);
    out.element("Key", request.target.key);
    out.element("UploadId", *id);
    out.close("InitiateMultipartUploadResult");
    auto answering = respond_xml(request, out.take(), std::move(head));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3::operations
