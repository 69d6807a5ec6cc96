#include "s3/error_table.hpp"

#include "s3/xml/writer.hpp"

#include <array>
#include <cstddef>

namespace labstore::s3 {

namespace {

constexpr std::string_view try_again = "We encountered an internal error. Please try again.";
constexpr std::string_view slow_down = "Please reduce your request rate.";
constexpr std::string_view denied = "Access Denied";

// In the order of the enum; the codes and texts are those of
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html where AWS has one.
// InsufficientStorage has no counterpart there: AWS is never full.
// clang-format off
constexpr std::array<error_entry, static_cast<std::size_t>(errc::errc_last)> table{{
    {errc::ok, 500, "InternalError", try_again},
    {errc::conflict, 409, "ConditionalRequestConflict", "A conflicting operation occurred during this request. Try again."},
    {errc::unknown, 500, "InternalError", try_again},
    {errc::busy, 503, "SlowDown", slow_down},
    {errc::full, 507, "InsufficientStorage", "There is not enough room on the server to store your data."},
    {errc::too_large, 400, "EntityTooLarge", "The request needs more metadata than the server can keep in one record."},
    {errc::corrupt, 500, "InternalError", try_again},
    {errc::io_error, 500, "InternalError", try_again},
    {errc::fatal, 500, "InternalError", try_again},
    {errc::cancelled, 503, "ServiceUnavailable", "The request was cut short. Please try again."},
    {errc::timed_out, 503, "ServiceUnavailable", "The server took too long. Please try again."},
    {errc::already_locked, 500, "InternalError", try_again},
    {errc::newer_format, 500, "InternalError", try_again},
    {errc::no_such_bucket, 404, "NoSuchBucket", "The specified bucket does not exist"},
    {errc::no_such_key, 404, "NoSuchKey", "The specified key does not exist."},
    {errc::no_such_version, 404, "NoSuchVersion", "The specified version does not exist."},
    {errc::no_such_upload, 404, "NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."},
    {errc::invalid_version_id, 400, "InvalidArgument", "Invalid version id specified"},
    {errc::bucket_already_exists, 409, "BucketAlreadyExists", "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again."},
    {errc::bucket_already_owned_by_you, 409, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it."},
    {errc::bucket_not_empty, 409, "BucketNotEmpty", "The bucket you tried to delete is not empty"},
    {errc::too_many_buckets, 400, "TooManyBuckets", "You have attempted to create more buckets than allowed"},
    {errc::invalid_bucket_name, 400, "InvalidBucketName", "The specified bucket is not valid."},
    {errc::key_too_long, 400, "KeyTooLongError", "Your key is too long"},
    {errc::invalid_key, 400, "InvalidURI", "Couldn't parse the specified URI."},
    {errc::invalid_range, 416, "InvalidRange", "The requested range is not satisfiable"},
    {errc::precondition_failed, 412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"},
    {errc::not_modified, 304, "NotModified", "Not Modified"},
    {errc::method_not_allowed, 405, "MethodNotAllowed", "The specified method is not allowed against this resource."},
    {errc::operation_aborted, 409, "OperationAborted", "A conflicting conditional operation is currently in progress against this resource. Please try again."},
    {errc::invalid_part, 400, "InvalidPart", "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag."},
    {errc::invalid_part_order, 400, "InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number."},
    {errc::invalid_part_number, 400, "InvalidPart", "The requested part number is past the last part of the object."},
    {errc::object_size_mismatch, 400, "InvalidRequest", "The provided 'x-amz-mp-object-size' header does not match what was computed."},
    {errc::checksum_type_mismatch, 400, "InvalidRequest", "The upload was created using another checksum mode. The complete request must use the same checksum mode."},
    {errc::entity_too_small, 400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"},
    {errc::entity_too_large, 400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"},
    {errc::too_many_parts, 400, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive"},
    {errc::bad_digest, 400, "BadDigest", "The Content-MD5 you specified did not match what we received."},
    {errc::bad_checksum, 400, "BadDigest", "The checksum you specified did not match the calculated checksum."},
    {errc::invalid_digest, 400, "InvalidDigest", "The Content-MD5 you specified was invalid."},
    {errc::content_sha256_mismatch, 400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."},
    {errc::incomplete_body, 400, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header."},
    {errc::metadata_too_large, 400, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size"},
    {errc::invalid_copy_dest, 400, "InvalidRequest", "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes."},
    {errc::invalid_copy_source, 400, "InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"},
    {errc::invalid_object_state, 403, "InvalidObjectState", "The operation is not valid for the current state of the object."},
    {errc::object_lock_not_found, 404, "ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"},
    {errc::bad_request, 400, "BadRequest", "An error occurred when parsing the HTTP request."},
    {errc::invalid_argument, 400, "InvalidArgument", "Invalid Argument"},
    {errc::invalid_request, 400, "InvalidRequest", "Invalid Request"},
    {errc::invalid_uri, 400, "InvalidURI", "Couldn't parse the specified URI."},
    {errc::malformed_xml, 400, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema"},
    {errc::invalid_encoding, 400, "InvalidArgument", "Invalid Encoding Method specified in Request"},
    {errc::invalid_location, 400, "IllegalLocationConstraintException", "The specified location constraint is incompatible for the region specific endpoint this request was sent to."},
    {errc::missing_content_length, 411, "MissingContentLength", "You must provide the Content-Length HTTP header."},
    {errc::missing_body, 400, "MissingRequestBodyError", "Request Body is empty"},
    {errc::missing_content_md5, 400, "InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"},
    {errc::max_message_exceeded, 400, "MaxMessageLengthExceeded", "Your request was too big."},
    {errc::header_too_large, 400, "RequestHeaderSectionTooLarge", "Your request header section exceeds the maximum allowed request header section size."},
    {errc::request_timeout, 400, "RequestTimeout", "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed."},
    {errc::slow_down, 503, "SlowDown", slow_down},
    {errc::not_implemented, 501, "NotImplemented", "A header or query you provided implies functionality that is not implemented."},
    {errc::invalid_storage_class, 400, "InvalidStorageClass", "The storage class you specified is not valid"},
    {errc::invalid_tag, 400, "InvalidTag", "The tag provided was not a valid tag. This error can occur if the tag did not pass input validation."},
    {errc::unsupported_media, 415, "UnsupportedMediaType", "The media type of the request is not supported."},
    {errc::access_denied, 403, "AccessDenied", denied},
    {errc::anonymous_denied, 403, "AccessDenied", denied},
    {errc::invalid_access_key_id, 403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."},
    {errc::signature_does_not_match, 403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method."},
    {errc::request_time_too_skewed, 403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."},
    {errc::authorization_header_malformed, 400, "AuthorizationHeaderMalformed", "The authorization header you provided is invalid."},
    {errc::authorization_query_parameters_error, 400, "AuthorizationQueryParametersError", "The authorization query parameters you provided are not valid."},
    {errc::missing_security_header, 403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header"},
    {errc::invalid_token, 400, "InvalidToken", "The provided token is malformed or otherwise invalid."},
    {errc::expired_token, 400, "ExpiredToken", "The provided token has expired."},
    {errc::request_expired, 403, "AccessDenied", "Request has expired"},
    {errc::unsigned_header, 403, "AccessDenied", "There were headers present in the request which were not signed"},
    {errc::invalid_content_sha256, 400, "InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value."},
    {errc::auth_type_conflict, 400, "InvalidArgument", "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified"},
    {errc::unsupported_signature, 400, "InvalidRequest", "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."},
    {errc::chunk_signature_mismatch, 403, "SignatureDoesNotMatch", "The chunk signature we calculated does not match the signature you provided."},
    {errc::malformed_chunk, 400, "InvalidRequest", "The aws-chunked encoding of the body is not well-formed."},
    {errc::malformed_trailer, 400, "MalformedTrailerError", "The request contained trailing data that was not well-formed or did not conform to our published schema."},
    {errc::internal, 500, "InternalError", try_again},
}};

// clang-format on

constexpr bool in_enum_order() {
    for (std::size_t i = 0; i < table.size(); ++i)
        if (static_cast<std::size_t>(table[i].error) != i || table[i].code.empty())
            return false;
    return true;
}

static_assert(in_enum_order(), "the error table has one row per errc, in the enum's order");

/// What a client sent may be shown to it, but a document is UTF-8: each byte that cannot be is replaced.
std::string shown(std::string_view text) {
    std::string out(text);
    if (!is_utf8(text))
        for (auto& c : out)
            c = static_cast<unsigned char>(c) < 0x80 ? c : '?';
    return out;
}

}  // namespace

const error_entry& describe(errc error) noexcept {
    const auto index = static_cast<std::size_t>(error);
    return index < table.size() ? table[index] : table[static_cast<std::size_t>(errc::internal)];
}

std::string error_document(
    std::string_view code,
    std::string_view message,
    const error_detail& detail,
    std::string_view resource,
    std::string_view request_id,
    std::string_view host_id
) {
    xml::writer out;
    out.open_plain("Error");
    out.element("Code", code);
    out.element("Message", shown(message));
    for (const auto& [name, value] : detail.elements)
        out.element(name, shown(value));
    out.element("Resource", shown(resource));
    out.element("RequestId", request_id);
    out.element("HostId", host_id);
    out.close("Error");
    return out.take();
}

}  // namespace labstore::s3
