#pragma once

#include "labstore/storage/types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace labstore::storage {

enum class checksum_type : std::uint8_t { unspecified, composite, full_object };

struct create_upload_request {
    std::string bucket;
    std::string key;
    account owner;
    object_attributes attributes;
    std::optional<crypto::checksum_algorithm> checksum_algorithm;
    checksum_type type = checksum_type::unspecified;
    object_lock lock;  // of the object that it becomes
};

struct upload_info {
    std::string key;
    std::string upload_id;
    wall_time initiated;
    account owner;
    object_attributes attributes;
    std::optional<crypto::checksum_algorithm> checksum_algorithm;
    checksum_type type = checksum_type::unspecified;
};

struct put_part_request {
    std::string etag;
    std::optional<checksum_value> checksum;
};

struct copy_part_request {
    object_name source;
    read_conditions source_conditions;
    std::optional<std::pair<std::uint64_t, std::uint64_t>> range;  // first and last byte, within the source
    std::string bucket;
    std::string key;
    std::string upload_id;
    std::uint32_t part_number = 0;
};

struct completed_part {
    std::uint32_t number = 0;
    std::string etag;  // quotes optional
    std::optional<checksum_value> checksum;
};

struct complete_request {
    std::string bucket;
    std::string key;
    std::string upload_id;
    std::vector<completed_part> parts;
    std::optional<checksum_value> checksum;           // of the whole object, as the client declares it
    std::uint64_t checksum_parts = 0;                 // N of a composite one; 0 without "-N"
    std::optional<std::uint64_t> size_bytes;          // x-amz-mp-object-size
    checksum_type type = checksum_type::unspecified;  // x-amz-checksum-type
    write_conditions conditions;
};

struct part_page {
    upload_info upload;
    std::vector<part_info> parts;
    bool more = false;
};

struct list_uploads_request {
    std::string bucket;
    std::string prefix;
    std::string delimiter;
    std::string key_marker;
    std::string upload_id_marker;  // only together with key_marker
    std::size_t limit = 1000;
};

struct upload_page {
    std::vector<std::variant<upload_info, std::string>> entries;
    bool more = false;
    std::string next_key;
    std::string next_upload_id;
};

}  // namespace labstore::storage
