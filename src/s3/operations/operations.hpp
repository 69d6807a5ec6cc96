#pragma once

#include "s3/call.hpp"

// One function and one file per operation. Each answers through the exchange, or returns an error and has not
// answered. `request.bucket` is filled for all but ListBuckets and CreateBucket: it exists and is the caller's.
namespace labstore::s3::operations {

// -- buckets
awaitable<result<void>> list_buckets(call& request);
awaitable<result<void>> create_bucket(call& request);
awaitable<result<void>> head_bucket(call& request);
awaitable<result<void>> delete_bucket(call& request);
awaitable<result<void>> get_bucket_location(call& request);

awaitable<result<void>> get_bucket_versioning(call& request);
awaitable<result<void>> put_bucket_versioning(call& request);
awaitable<result<void>> get_bucket_tagging(call& request);
awaitable<result<void>> put_bucket_tagging(call& request);
awaitable<result<void>> delete_bucket_tagging(call& request);
awaitable<result<void>> get_bucket_cors(call& request);
awaitable<result<void>> put_bucket_cors(call& request);
awaitable<result<void>> delete_bucket_cors(call& request);
awaitable<result<void>> get_bucket_website(call& request);
awaitable<result<void>> put_bucket_website(call& request);
awaitable<result<void>> delete_bucket_website(call& request);
awaitable<result<void>> get_object_lock_configuration(call& request);
awaitable<result<void>> put_object_lock_configuration(call& request);
awaitable<result<void>> get_bucket_lifecycle(call& request);
awaitable<result<void>> put_bucket_lifecycle(call& request);
awaitable<result<void>> delete_bucket_lifecycle(call& request);

// -- listings
awaitable<result<void>> list_objects(call& request);
awaitable<result<void>> list_objects_v2(call& request);
awaitable<result<void>> list_object_versions(call& request);

// -- objects
awaitable<result<void>> put_object(call& request);
awaitable<result<void>> get_object(call& request);
awaitable<result<void>> head_object(call& request);
awaitable<result<void>> get_object_attributes(call& request);
awaitable<result<void>> delete_object(call& request);
awaitable<result<void>> delete_objects(call& request);
awaitable<result<void>> copy_object(call& request);
awaitable<result<void>> get_object_tagging(call& request);
awaitable<result<void>> put_object_tagging(call& request);
awaitable<result<void>> delete_object_tagging(call& request);
awaitable<result<void>> get_object_retention(call& request);
awaitable<result<void>> put_object_retention(call& request);
awaitable<result<void>> get_object_legal_hold(call& request);
awaitable<result<void>> put_object_legal_hold(call& request);

// -- multipart
awaitable<result<void>> create_multipart_upload(call& request);
awaitable<result<void>> upload_part(call& request);
awaitable<result<void>> upload_part_copy(call& request);
awaitable<result<void>> complete_multipart_upload(call& request);
awaitable<result<void>> abort_multipart_upload(call& request);
awaitable<result<void>> list_parts(call& request);
awaitable<result<void>> list_multipart_uploads(call& request);

// -- probes: what AWS answers where nothing is configured
awaitable<result<void>> get_bucket_acl(call& request);
awaitable<result<void>> get_object_acl(call& request);
awaitable<result<void>> put_acl(call& request);
awaitable<result<void>> get_unconfigured(call& request);

}  // namespace labstore::s3::operations
