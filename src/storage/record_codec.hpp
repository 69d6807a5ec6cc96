#pragma once

#include "labstore/blob.hpp"
#include "labstore/meta.hpp"
#include "labstore/storage/listing.hpp"
#include "labstore/storage/types.hpp"
#include "storage/bucket_directory.hpp"
#include "storage/object_view.hpp"
#include "storage/records/records.pb.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::storage {

/// A row's value as its record, and the state it was read in.
template <typename Record>
struct stored {
    Record record;
    meta::revision rev = 0;
};

template <typename Record>
[[nodiscard]] result<Record> decode(std::string_view value) {
    Record record;
    if (value.empty() || !record.ParseFromArray(value.data(), static_cast<int>(value.size())))
        return errc::corrupt;
    return record;
}

template <typename Record>
[[nodiscard]] std::string encode(const Record& record) {
    auto value = record.SerializeAsString();
    LABSTORE_ASSERT(!value.empty());
    return value;
}

/// nullopt when the row is absent, corrupt when it does not decode.
template <typename Record>
runtime::awaitable<result<std::optional<stored<Record>>>> read_row(
    meta::store& index, meta::partition_id partition, std::string key
) {
    auto got = co_await index.get(partition, std::move(key));
    LABSTORE_CO_TRY(got);
    std::optional<stored<Record>> out;
    if (got->has_value()) {
        auto record = decode<Record>((*got)->value);
        LABSTORE_CO_TRY(record);
        out.emplace(stored<Record>{std::move(*record), (*got)->rev});
    }
    co_return out;
}

[[nodiscard]] wall_time time_of(std::int64_t nanoseconds);
[[nodiscard]] std::int64_t nanoseconds_of(wall_time time);

/// 32 hex digits to 16 bytes; invalid_argument for anything else.
[[nodiscard]] result<std::string> parse_md5(std::string_view hex);
/// 32 hex digits, "-N" behind them when `parts` is not 0.
[[nodiscard]] std::string etag_text(std::string_view md5, std::uint32_t parts);
/// Without quotes and white space.
[[nodiscard]] std::string_view bare_etag(std::string_view etag);

[[nodiscard]] blob::ref to_ref(const records::blob_ref& from);
void set_ref(records::blob_ref& to, const blob::ref& from);

[[nodiscard]] checksum_value to_checksum(const checksum_view& from);
[[nodiscard]] checksum_value to_checksum(const records::checksum& from);
void set_checksum(records::checksum& to, const checksum_value& from);

[[nodiscard]] object_attributes to_attributes(const records::attributes& from);
void set_attributes(records::attributes& to, const object_attributes& from);

/// The record leaves the owner out when it is the bucket's.
template <typename Record>
void set_owner(Record& record, const account& owner, const bucket_info& bucket) {
    if (owner.id == bucket.owner.id && owner.display_name == bucket.owner.display_name)
        return;
    record.mutable_owner()->set_id(owner.id);
    record.mutable_owner()->set_display_name(owner.display_name);
}

template <typename Record>
[[nodiscard]] account owner_of(const Record& record, const bucket_info& bucket) {
    if (!record.has_owner())
        return bucket.owner;
    return {record.owner().id(), record.owner().display_name()};
}

[[nodiscard]] object_info describe(std::string key, const object_view& record, const bucket_info& bucket);
[[nodiscard]] object_info describe(std::string key, const records::object& record, const bucket_info& bucket);
[[nodiscard]] put_result describe_put(const records::object& record);
[[nodiscard]] part_info describe_part(const records::part& record, std::uint64_t offset);
[[nodiscard]] upload_info describe_upload(
    std::string key, std::string_view upload_id, const records::upload& record, const bucket_info& bucket
);

[[nodiscard]] records::bucket to_record(const bucket_info& bucket);
[[nodiscard]] bucket_ptr to_bucket(std::string name, const records::bucket& record);

/// What nobody names any more once this version is gone; nullopt when it had no bytes.
[[nodiscard]] std::optional<records::leftover> leftover_of(const records::object& record);

}  // namespace labstore::storage
