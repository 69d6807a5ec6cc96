#include "s3/router.hpp"

#include "s3/operations/operations.hpp"

#include <algorithm>
#include <array>

namespace labstore::s3 {

namespace {

using namespace operations;
using http::method;

constexpr operation not_yet = nullptr;

// Rows with a query key stand before the row without one. What S3 has and LabStore has not is listed as well:
// it answers 501, while a sub-resource with a method that S3 does not know for it answers 405.
// clang-format off
constexpr route table[] = {
    {method::get, level::service, "", "", "ListBuckets", list_buckets},

    {method::head, level::bucket, "", "", "HeadBucket", head_bucket},

    {method::get, level::bucket, "accelerate", "", "GetBucketAccelerateConfiguration", get_unconfigured},
    {method::get, level::bucket, "acl", "", "GetBucketAcl", get_bucket_acl},
    {method::get, level::bucket, "analytics", "", "GetBucketAnalyticsConfiguration", get_unconfigured},
    {method::get, level::bucket, "cors", "", "GetBucketCors", get_bucket_cors},
    {method::get, level::bucket, "encryption", "", "GetBucketEncryption", get_unconfigured},
    {method::get, level::bucket, "intelligent-tiering", "", "GetBucketIntelligentTieringConfiguration", get_unconfigured},
    {method::get, level::bucket, "inventory", "", "GetBucketInventoryConfiguration", get_unconfigured},
    {method::get, level::bucket, "lifecycle", "", "GetBucketLifecycleConfiguration", get_bucket_lifecycle},
    {method::get, level::bucket, "location", "", "GetBucketLocation", get_bucket_location},
    {method::get, level::bucket, "logging", "", "GetBucketLogging", get_unconfigured},
    {method::get, level::bucket, "metrics", "", "GetBucketMetricsConfiguration", get_unconfigured},
    {method::get, level::bucket, "notification", "", "GetBucketNotificationConfiguration", get_unconfigured},
    {method::get, level::bucket, "object-lock", "", "GetObjectLockConfiguration", get_object_lock_configuration},
    {method::get, level::bucket, "ownershipControls", "", "GetBucketOwnershipControls", get_unconfigured},
    {method::get, level::bucket, "policy", "", "GetBucketPolicy", get_unconfigured},
    {method::get, level::bucket, "policyStatus", "", "GetBucketPolicyStatus", get_unconfigured},
    {method::get, level::bucket, "publicAccessBlock", "", "GetPublicAccessBlock", get_unconfigured},
    {method::get, level::bucket, "replication", "", "GetBucketReplication", get_unconfigured},
    {method::get, level::bucket, "requestPayment", "", "GetBucketRequestPayment", get_unconfigured},
    {method::get, level::bucket, "tagging", "", "GetBucketTagging", get_bucket_tagging},
    {method::get, level::bucket, "versioning", "", "GetBucketVersioning", get_bucket_versioning},
    {method::get, level::bucket, "website", "", "GetBucketWebsite", get_bucket_website},
    {method::get, level::bucket, "abac", "", "GetBucketAbac", not_yet},
    {method::get, level::bucket, "metadataConfiguration", "", "GetBucketMetadataConfiguration", not_yet},
    {method::get, level::bucket, "metadataTable", "", "GetBucketMetadataTableConfiguration", not_yet},
    {method::get, level::bucket, "session", "", "CreateSession", not_yet},
    {method::get, level::bucket, "uploads", "", "ListMultipartUploads", list_multipart_uploads},
    {method::get, level::bucket, "versions", "", "ListObjectVersions", list_object_versions},
    {method::get, level::bucket, "list-type", "", "ListObjectsV2", list_objects_v2},
    {method::get, level::bucket, "", "", "ListObjects", list_objects},

    {method::put, level::bucket, "abac", "", "PutBucketAbac", not_yet},
    {method::put, level::bucket, "accelerate", "", "PutBucketAccelerateConfiguration", not_yet},
    {method::put, level::bucket, "acl", "", "PutBucketAcl", put_acl},
    {method::put, level::bucket, "analytics", "", "PutBucketAnalyticsConfiguration", not_yet},
    {method::put, level::bucket, "cors", "", "PutBucketCors", put_bucket_cors},
    {method::put, level::bucket, "encryption", "", "PutBucketEncryption", not_yet},
    {method::put, level::bucket, "intelligent-tiering", "", "PutBucketIntelligentTieringConfiguration", not_yet},
    {method::put, level::bucket, "inventory", "", "PutBucketInventoryConfiguration", not_yet},
    {method::put, level::bucket, "lifecycle", "", "PutBucketLifecycleConfiguration", put_bucket_lifecycle},
    {method::put, level::bucket, "logging", "", "PutBucketLogging", not_yet},
    {method::put, level::bucket, "metadataInventoryTable", "", "UpdateBucketMetadataInventoryTableConfiguration", not_yet},
    {method::put, level::bucket, "metadataJournalTable", "", "UpdateBucketMetadataJournalTableConfiguration", not_yet},
    {method::put, level::bucket, "metrics", "", "PutBucketMetricsConfiguration", not_yet},
    {method::put, level::bucket, "notification", "", "PutBucketNotificationConfiguration", not_yet},
    {method::put, level::bucket, "object-lock", "", "PutObjectLockConfiguration", put_object_lock_configuration},
    {method::put, level::bucket, "ownershipControls", "", "PutBucketOwnershipControls", not_yet},
    {method::put, level::bucket, "policy", "", "PutBucketPolicy", not_yet},
    {method::put, level::bucket, "publicAccessBlock", "", "PutPublicAccessBlock", not_yet},
    {method::put, level::bucket, "replication", "", "PutBucketReplication", not_yet},
    {method::put, level::bucket, "requestPayment", "", "PutBucketRequestPayment", not_yet},
    {method::put, level::bucket, "tagging", "", "PutBucketTagging", put_bucket_tagging},
    {method::put, level::bucket, "versioning", "", "PutBucketVersioning", put_bucket_versioning},
    {method::put, level::bucket, "website", "", "PutBucketWebsite", put_bucket_website},
    {method::put, level::bucket, "", "", "CreateBucket", create_bucket},

    {method::delete_, level::bucket, "analytics", "", "DeleteBucketAnalyticsConfiguration", not_yet},
    {method::delete_, level::bucket, "cors", "", "DeleteBucketCors", delete_bucket_cors},
    {method::delete_, level::bucket, "encryption", "", "DeleteBucketEncryption", not_yet},
    {method::delete_, level::bucket, "intelligent-tiering", "", "DeleteBucketIntelligentTieringConfiguration", not_yet},
    {method::delete_, level::bucket, "inventory", "", "DeleteBucketInventoryConfiguration", not_yet},
    {method::delete_, level::bucket, "lifecycle", "", "DeleteBucketLifecycle", delete_bucket_lifecycle},
    {method::delete_, level::bucket, "metadataConfiguration", "", "DeleteBucketMetadataConfiguration", not_yet},
    {method::delete_, level::bucket, "metadataTable", "", "DeleteBucketMetadataTableConfiguration", not_yet},
    {method::delete_, level::bucket, "metrics", "", "DeleteBucketMetricsConfiguration", not_yet},
    {method::delete_, level::bucket, "ownershipControls", "", "DeleteBucketOwnershipControls", not_yet},
    {method::delete_, level::bucket, "policy", "", "DeleteBucketPolicy", not_yet},
    {method::delete_, level::bucket, "publicAccessBlock", "", "DeletePublicAccessBlock", not_yet},
    {method::delete_, level::bucket, "replication", "", "DeleteBucketReplication", not_yet},
    {method::delete_, level::bucket, "tagging", "", "DeleteBucketTagging", delete_bucket_tagging},
    {method::delete_, level::bucket, "website", "", "DeleteBucketWebsite", delete_bucket_website},
    {method::delete_, level::bucket, "", "", "DeleteBucket", delete_bucket},

    {method::post, level::bucket, "delete", "", "DeleteObjects", delete_objects},
    {method::post, level::bucket, "metadataConfiguration", "", "CreateBucketMetadataConfiguration", not_yet},
    {method::post, level::bucket, "metadataTable", "", "CreateBucketMetadataTableConfiguration", not_yet},
    {method::post, level::bucket, "", "Content-Type", "PostObject", not_yet},

    {method::head, level::object, "", "", "HeadObject", head_object},

    {method::get, level::object, "acl", "", "GetObjectAcl", get_object_acl},
    {method::get, level::object, "attributes", "", "GetObjectAttributes", get_object_attributes},
    {method::get, level::object, "legal-hold", "", "GetObjectLegalHold", get_object_legal_hold},
    {method::get, level::object, "retention", "", "GetObjectRetention", get_object_retention},
    {method::get, level::object, "tagging", "", "GetObjectTagging", get_object_tagging},
    {method::get, level::object, "torrent", "", "GetObjectTorrent", not_yet},
    {method::get, level::object, "uploadId", "", "ListParts", list_parts},
    {method::get, level::object, "", "", "GetObject", get_object},

    {method::put, level::object, "acl", "", "PutObjectAcl", put_acl},
    {method::put, level::object, "encryption", "", "UpdateObjectEncryption", not_yet},
    {method::put, level::object, "legal-hold", "", "PutObjectLegalHold", put_object_legal_hold},
    {method::put, level::object, "renameObject", "", "RenameObject", not_yet},
    {method::put, level::object, "retention", "", "PutObjectRetention", put_object_retention},
    {method::put, level::object, "tagging", "", "PutObjectTagging", put_object_tagging},
    {method::put, level::object, "uploadId", "x-amz-copy-source", "UploadPartCopy", upload_part_copy},
    {method::put, level::object, "uploadId", "", "UploadPart", upload_part},
    {method::put, level::object, "partNumber", "", "UploadPart", upload_part},
    {method::put, level::object, "", "x-amz-copy-source", "CopyObject", copy_object},
    {method::put, level::object, "", "", "PutObject", put_object},

    {method::post, level::object, "restore", "", "RestoreObject", not_yet},
    {method::post, level::object, "select", "", "SelectObjectContent", not_yet},
    {method::post, level::object, "uploads", "", "CreateMultipartUpload", create_multipart_upload},
    {method::post, level::object, "uploadId", "", "CompleteMultipartUpload", complete_multipart_upload},

    {method::delete_, level::object, "tagging", "", "DeleteObjectTagging", delete_object_tagging},
    {method::delete_, level::object, "uploadId", "", "AbortMultipartUpload", abort_multipart_upload},
    {method::delete_, level::object, "", "", "DeleteObject", delete_object},
};

// clang-format on

/// A sub-resource of this level that S3 knows with some other method: falling through to the row without a key
/// would make, say, "DELETE ?acl" delete the bucket.
bool names_foreign_sub_resource(const call& request, level where) {
    return std::any_of(std::begin(table), std::end(table), [&](const route& row) {
        return row.where == where && !row.key.empty() && row.key != "list-type" && row.key != "partNumber" &&
               request.query.has(row.key);
    });
}

const route* find_row(const call& request, level where, method wanted) {
    for (const auto& row : table) {
        if (row.method != wanted || row.where != where)
            continue;
        if (!row.header.empty() && !request.header(row.header))
            continue;
        if (row.key.empty() ? !names_foreign_sub_resource(request, where) : request.query.has(row.key))
            return &row;
    }
    return nullptr;
}

}  // namespace

std::span<const route> routes() noexcept {
    return table;
}

result<const route*> find_route(const call& request) {
    const auto* const row = find_row(request, level_of(request.target), request.head().method);
    if (row == nullptr)
        return make_error_code(errc::method_not_allowed);
    return row;
}

std::string allowed_methods(const call& request) {
    constexpr std::pair<method, std::string_view> names[] = {
        {method::get, "GET"},
        {method::head, "HEAD"},
        {method::put, "PUT"},
        {method::post, "POST"},
        {method::delete_, "DELETE"},
    };
    const auto where = level_of(request.target);
    std::string allowed;
    for (const auto& [each, name] : names) {
        const auto* const row = find_row(request, where, each);
        if (row == nullptr || row->run == nullptr)
            continue;
        if (!allowed.empty())
            allowed += ", ";
        allowed += name;
    }
    return allowed;
}

}  // namespace labstore::s3
