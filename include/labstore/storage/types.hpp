#pragma once

#include "labstore/base.hpp"
#include "labstore/crypto.hpp"
#include "labstore/storage/bucket_config.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace labstore::storage {

struct account {
    std::string id;  // canonical id, 64 hex digits
    std::string display_name;
};

/// Whether a new version of a key keeps the one before it. A bucket that was once versioned never is `unversioned`
/// again.
enum class versioning_state : std::uint8_t { unversioned, enabled, suspended };

struct bucket_info {
    std::string name;
    std::uint64_t id = 0;  // never used again, also not for a bucket of the same name
    wall_time created;
    account owner;
    std::string region;
    versioning_state versioning = versioning_state::unversioned;
    bool object_lock =
        false;  // versions can be locked; then it is and stays versioned, and is never without it again
    std::shared_ptr<const bucket_config> config;  // null: configured with nothing
    bool timed = false;                           // its versions and uploads are in the index by time
};

/// Never nullptr where it is passed on; stays as it is while the bucket changes.
using bucket_ptr = std::shared_ptr<const bucket_info>;

/// What a bucket can be made with.
struct new_bucket {
    bool object_lock = false;
    tag_list tags;
};

struct bucket_page {
    std::vector<bucket_info> buckets;
    bool more = false;
};

/// A stored checksum: raw big-endian bytes. `composite` is the checksum of the parts' checksums ("-N").
struct checksum_value {
    crypto::checksum_algorithm algorithm = crypto::checksum_algorithm::crc64nvme;
    bool composite = false;
    std::string bytes;
    friend bool operator==(const checksum_value&, const checksum_value&) = default;
};

/// What the client gives to be kept with an object; empty means absent.
struct object_attributes {
    std::string content_type;
    std::string cache_control;
    std::string content_disposition;
    std::string content_encoding;
    std::string content_language;
    std::string expires;  // as sent
    std::string website_redirect;
    std::string storage_class;  // empty: STANDARD
    // Names in lower case, without x-amz-meta-.
    std::vector<std::pair<std::string, std::string>> user_metadata;
    tag_list tags;
};

struct object_name {
    std::string bucket;
    std::string key;
    std::string version_id;  // empty: the current one; "null": the null version
};

struct object_info {
    std::string key;
    std::string version_id;  // empty in a bucket that never was versioned; "null": the null version
    bool delete_marker = false;
    std::uint64_t size_bytes = 0;
    wall_time modified;
    std::string etag;  // 32 hex digits, "-N" for multipart; without quotes
    object_attributes attributes;
    account owner;
    std::optional<checksum_value> checksum;
    object_lock lock;
    std::uint32_t parts_count = 0;  // 0 when it was not uploaded in parts
};

struct part_info {
    std::uint32_t number = 0;
    std::uint64_t offset = 0;  // within the completed object
    std::uint64_t size_bytes = 0;
    std::string etag;
    wall_time modified;
    std::optional<checksum_value> checksum;
    std::string source_version_id;  // of a copy
};

/// Of GET, HEAD and copy sources, in the order of RFC 9110 13.2.2. ETags as sent: quoted lists, weak, "*".
struct read_conditions {
    std::optional<std::string> if_match;
    std::optional<std::string> if_none_match;
    std::optional<wall_time> if_modified_since;
    std::optional<wall_time> if_unmodified_since;
};

/// ok, not_modified or precondition_failed. For copy sources the store answers precondition_failed only.
[[nodiscard]] result<void> judge(const read_conditions& conditions, const object_info& object);

/// If-None-Match takes "*" or ETags; If-Match of a missing key is no_such_key.
struct write_conditions {
    std::optional<std::string> if_match;
    std::optional<std::string> if_none_match;
};

struct delete_conditions {
    std::optional<std::string> if_match;
    std::optional<wall_time> if_modified_at;     // x-amz-if-match-last-modified-time, whole seconds
    std::optional<std::uint64_t> if_size_bytes;  // x-amz-if-match-size
    bool bypass_governance = false;              // of a locked version: end a retention of that mode
};

struct put_request {
    account owner;
    object_attributes attributes;
    std::string etag;  // MD5 of the bytes, 32 hex digits
    std::optional<checksum_value> checksum;
    write_conditions conditions;
    object_lock lock;  // without a retention the bucket's default holds
};

struct put_result {
    std::string etag;
    std::string version_id;
    wall_time modified;
    std::uint64_t size_bytes = 0;
    std::optional<checksum_value> checksum;
    std::string source_version_id;  // of a copy
    tag_list tags;
};

struct delete_result {
    bool existed = false;        // something was removed, or hidden by a delete marker
    bool delete_marker = false;  // one was made, or the version removed was one
    std::string version_id;      // of the marker made, or the one that was asked for
};

/// What the lifecycle holds a version to at the moment it goes: judged with each attempt, on the state that its batch
/// holds. Where it does not hold the outcome is precondition_failed.
struct due_check {
    /// Is the version that is to go (or to be hidden) still due? Called from any thread.
    std::function<bool(const object_info&)> still_due;
    /// In a bucket that is or was versioned: nothing came or went since the key's row 'x' had this revision.
    std::optional<std::uint64_t> key_revision;
};

struct delete_entry {
    std::string key;
    std::string version_id;
    delete_conditions conditions;
    std::shared_ptr<const due_check> due{};  // of the lifecycle; null for everybody else
};

struct copy_request {
    object_name source;
    read_conditions source_conditions;
    std::string bucket;
    std::string key;
    account owner;
    /// REPLACE directives; absent means COPY. Content headers go with user metadata, tags by themselves.
    std::optional<object_attributes> replace_metadata;
    std::optional<tag_list> replace_tags;
    std::string storage_class;  // empty: STANDARD
    std::string website_redirect;
    std::optional<crypto::checksum_algorithm> checksum_algorithm;  // asked for; absent keeps the source's
    write_conditions conditions;
    object_lock lock;  // the source's is not copied
};

struct statistics {
    std::uint64_t buckets = 0;
    std::uint64_t clean_up_pending = 0;
    std::uint64_t unknown_outcomes = 0;
    lifecycle_counts lifecycle{};
};

}  // namespace labstore::storage
