#pragma once

#include "s3/call.hpp"

namespace labstore::s3 {

/// What the headers of PutObject, CreateMultipartUpload and CopyObject give to be kept with the object: content
/// headers, user metadata, tags, storage class, website redirect. metadata_too_large, invalid_storage_class,
/// tag errors, invalid_argument.
[[nodiscard]] result<storage::object_attributes> attributes_of(call& request);

/// The x-amz-tagging header alone.
[[nodiscard]] result<std::vector<std::pair<std::string, std::string>>> tags_of(call& request);

/// Empty for STANDARD and when absent. invalid_storage_class.
[[nodiscard]] result<std::string> storage_class_of(call& request);

/// invalid_request (code InvalidRedirectLocation) unless a path or an http(s) URL.
[[nodiscard]] result<std::string> website_redirect_of(call& request);

/// Content-Encoding without `aws-chunked`, which names the transfer and not the object.
[[nodiscard]] std::string stored_content_encoding(std::string_view header);

/// x-amz-version-id, where there is one.
void add_version_id(http::response_head& head, std::string_view version_id);

/// ETag, Last-Modified, x-amz-version-id: what 304 carries as well.
void add_validators(http::response_head& head, const storage::object_info& object);

/// Everything else that GET and HEAD say about an object, `response-*` overrides applied.
void add_object_headers(http::response_head& head, const call& request, const storage::object_info& object);

/// invalid_argument for an override with control characters.
[[nodiscard]] result<void> check_overrides(call& request);

/// x-amz-checksum-* and x-amz-checksum-type of an object or, with its own checksum, of a part.
void add_checksum_headers(
    http::response_head& head,
    const storage::checksum_value& value,
    bool composite_object,
    std::string_view etag
);

}  // namespace labstore::s3
