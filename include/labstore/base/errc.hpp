#pragma once

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <string_view>
#include <type_traits>

namespace labstore {

/// Every failure that an input, a client, a disk or an operator can cause. `s3/error_table.cpp` gives each
/// its S3 code, HTTP status and message; a test walks every value. Keep `errc_last` last.
enum class errc {
    ok = 0,

    // -- outcomes of the storage seams ----------------------------------------------------------------------
    conflict,        // a precondition did not hold; nothing was applied
    unknown,         // it may have been applied: read back, then decide
    busy,            // a named limit was reached; try again later
    full,            // no room on the device
    too_large,       // a row or a batch is larger than the engine takes
    corrupt,         // bytes on disk do not match their checksum or format
    io_error,        // the device refused
    fatal,           // the engine stopped taking changes (for example after a failed sync of its log)
    cancelled,       // the client went away or the server stops
    timed_out,       // a deadline passed
    already_locked,  // another process owns the storage path
    newer_format,    // the storage path was written by a newer version

    // -- buckets and objects --------------------------------------------------------------------------------
    no_such_bucket,
    no_such_key,
    no_such_version,
    no_such_upload,
    invalid_version_id,  // text that no version could have for its id
    bucket_already_exists,
    bucket_already_owned_by_you,
    bucket_not_empty,
    too_many_buckets,  // the account has as many as it may have
    invalid_bucket_name,
    key_too_long,
    invalid_key,             // not UTF-8
    invalid_range,           // 416
    precondition_failed,     // 412
    not_modified,            // 304
    method_not_allowed,      // for example GET of a delete marker by version id
    operation_aborted,       // a conflicting conditional operation is in progress (409)
    invalid_part,            // Complete names a part that was never uploaded or has another ETag
    invalid_part_order,      // parts of Complete are not in ascending order
    invalid_part_number,     // GET with a part number past the last one
    object_size_mismatch,    // Complete declares another size than its parts have
    checksum_type_mismatch,  // Complete declares another checksum type than its upload has
    entity_too_small,        // a part other than the last is below the minimum
    entity_too_large,        // object, part or form past its limit
    too_many_parts,
    bad_digest,               // Content-MD5 does not match
    bad_checksum,             // x-amz-checksum-* does not match
    invalid_digest,           // Content-MD5 is not a digest
    content_sha256_mismatch,  // the body is not the one that was signed
    incomplete_body,          // fewer bytes than declared
    metadata_too_large,
    invalid_copy_dest,  // a copy onto itself that changes nothing
    invalid_copy_source,
    invalid_object_state,
    object_lock_not_found,

    // -- requests -------------------------------------------------------------------------------------------
    bad_request,  // malformed HTTP; the connection closes
    invalid_argument,
    invalid_request,
    invalid_uri,
    malformed_xml,
    invalid_encoding,
    invalid_location,  // CreateBucket with another region
    missing_content_length,
    missing_body,  // an XML body is required
    missing_content_md5,
    max_message_exceeded,  // a request document is larger than its limit
    header_too_large,      // HTTP head past its limit
    request_timeout,       // the client was slower than the minimum rate
    slow_down,             // a named limit of the server: 503
    not_implemented,
    invalid_storage_class,
    invalid_tag,
    unsupported_media,

    // -- authentication -------------------------------------------------------------------------------------
    access_denied,
    anonymous_denied,  // no credentials where some are needed
    invalid_access_key_id,
    signature_does_not_match,
    request_time_too_skewed,
    authorization_header_malformed,
    authorization_query_parameters_error,
    missing_security_header,  // neither Date nor x-amz-date
    invalid_token,            // a session token nobody issued
    expired_token,
    request_expired,         // a presigned URL past its life
    unsigned_header,         // a Host or x-amz-* header outside the signature
    invalid_content_sha256,  // x-amz-content-sha256 is missing or no known body mode
    auth_type_conflict,      // credentials in header and query together
    unsupported_signature,   // SigV2 switched off, SigV4A
    chunk_signature_mismatch,
    malformed_chunk,  // aws-chunked framing is broken
    malformed_trailer,

    internal,  // our bug or an unexpected exception
    errc_last
};

[[nodiscard]] const boost::system::error_category& labstore_category() noexcept;

/// Short stable name for logs ("no_such_key"); never empty.
[[nodiscard]] std::string_view errc_name(errc value) noexcept;

[[nodiscard]] inline boost::system::error_code make_error_code(errc value) noexcept {
    return {static_cast<int>(value), labstore_category()};
}

}  // namespace labstore

template <>
struct boost::system::is_error_code_enum<labstore::errc> : std::true_type {};
