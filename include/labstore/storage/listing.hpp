#pragma once

#include "labstore/storage/types.hpp"

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace labstore::storage {

struct list_request {
    std::string bucket;
    std::string prefix;
    std::string delimiter;
    // Keys and common prefixes strictly greater; a common prefix given here is passed as a whole.
    std::string after;
    std::size_t limit = 1000;
};

/// An ETag without quotes, in place: 32 hex digits, and "-N" for an object uploaded in parts.
class etag_value {
  public:
    /// `md5` has 16 bytes; `parts` is 0 for an object that was not uploaded in parts.
    etag_value(byte_span md5, std::uint32_t parts) noexcept;

    [[nodiscard]] std::string_view view() const noexcept { return {text_.data(), size_}; }

  private:
    static constexpr std::size_t md5_size_bytes = 16;
    static constexpr std::size_t size_max = 2 * md5_size_bytes + 1 + 10;

    std::array<char, size_max> text_;
    std::uint8_t size_ = 0;
};

/// An object as listings show it: views into the page it is of.
struct listed_object {
    std::string_view key;
    std::uint64_t size_bytes = 0;
    wall_time modified;
    etag_value etag;
    std::string_view storage_class;  // empty: STANDARD
    std::string_view owner_id;
    std::string_view owner_name;
    std::optional<crypto::checksum_algorithm> checksum_algorithm;
    checksum_type type = checksum_type::unspecified;  // of the checksum
};

/// Either an object or a rolled-up common prefix, in byte order together.
struct object_page {
    std::vector<std::variant<listed_object, std::string_view>> entries;
    bool more = false;
    std::string next;                    // the last entry, to be given as `after`
    std::shared_ptr<const void> memory;  // what the entries look into
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
