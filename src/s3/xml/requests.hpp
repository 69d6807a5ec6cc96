#pragma once

#include "labstore/storage/upload_types.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace labstore::s3::xml {

struct delete_request {
    bool quiet = false;
    std::vector<storage::delete_entry> entries;  // 1 to the limit
};

/// The Delete document of DeleteObjects. malformed_xml also for more than `keys_max` entries, as AWS answers.
[[nodiscard]] result<delete_request> parse_delete(std::string_view text, std::size_t keys_max);

/// The parts of CompleteMultipartUpload in the order sent, at least one; malformed_xml otherwise. Numbers are
/// 1 to 10,000 (too_many_parts); their order and existence are for storage to judge.
[[nodiscard]] result<std::vector<storage::completed_part>> parse_complete(std::string_view text);

struct create_bucket_request {
    std::string location;  // LocationConstraint; empty when absent
    storage::tag_list tags;
    bool unsupported = false;  // directory buckets
};

/// The CreateBucketConfiguration of CreateBucket; an empty text is a document without any wish.
[[nodiscard]] result<create_bucket_request> parse_create_bucket(std::string_view text);

struct versioning_request {
    storage::versioning_state state = storage::versioning_state::unversioned;  // without a Status
    bool mfa_delete = false;
};

/// The VersioningConfiguration of PutBucketVersioning.
[[nodiscard]] result<versioning_request> parse_versioning(std::string_view text);

/// Does an AccessControlPolicy document say no more than "everything is `owner_id`'s": one grant, FULL_CONTROL, to that
/// owner? malformed_xml for another document.
[[nodiscard]] result<bool> grants_owner_alone(std::string_view text, std::string_view owner_id);

}  // namespace labstore::s3::xml
