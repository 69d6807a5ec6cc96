// A row 'o' or 'v' read where it lies, without taking memory: what GET, HEAD and LIST need of records::object. Whoever
// changes a record or keeps it goes by records::object itself; both read the same bytes (records.proto).
#pragma once

#include "labstore/base.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace labstore::storage {

/// Views into the attributes of a record. Absent fields are empty.
struct attributes_view {
    std::string_view content_type;
    std::string_view cache_control;
    std::string_view content_disposition;
    std::string_view content_encoding;
    std::string_view content_language;
    std::string_view expires;
    std::string_view website_redirect;
    std::string_view storage_class;
    std::vector<std::pair<std::string_view, std::string_view>> user_metadata;
    std::vector<std::pair<std::string_view, std::string_view>> tags;
};

struct account_view {
    std::string_view id;
    std::string_view display_name;
};

struct checksum_view {
    std::uint32_t algorithm = 0;
    bool composite = false;
    std::string_view value;
};

struct blob_view {
    std::string_view locator;
    std::uint64_t size_bytes = 0;
};

/// Where one manifest row of an object begins.
struct manifest_place {
    std::uint32_t first_part_number = 0;
    std::uint64_t offset_bytes = 0;
};

/// Views into the row's value, which outlives them. The fields are those of records::object.
struct object_view {
    std::uint64_t sequence = 0;
    std::string_view token;
    std::string_view version_id;
    bool null_version = false;
    bool delete_marker = false;
    std::uint64_t size_bytes = 0;
    std::string_view etag_md5;
    std::uint32_t etag_parts = 0;
    std::int64_t modified_ns = 0;
    std::optional<account_view> owner;
    std::optional<attributes_view> attributes;
    std::optional<checksum_view> checksum;
    std::optional<blob_view> blob;
    std::uint32_t parts_count = 0;
    std::vector<manifest_place> manifest;
    bool from_upload = false;
    std::uint32_t retention_mode = 0;
    std::int64_t retain_until_ns = 0;
    std::uint32_t legal_hold = 0;
};

/// Fields that are not known are passed over, as protobuf does. corrupt when the encoding is broken, or token and ETag
/// of what is no delete marker have other than 16 bytes. A message that is there twice counts as it is the second time,
/// where protobuf would merge the two: nothing of ours writes that.
[[nodiscard]] result<object_view> read_object(std::string_view value);

}  // namespace labstore::storage
