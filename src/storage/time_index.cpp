#include "storage/time_index.hpp"

#include "storage/record_codec.hpp"
#include "storage/row_keys.hpp"

namespace labstore::storage {
namespace {

/// Rows say everything by their key.
constexpr std::string_view nothing = "-";

}  // namespace

void add_version_time(
    meta::batch& batch, const bucket_info& bucket, std::string_view key, const records::object& version
) {
    if (bucket.timed)
        batch.put(
            row_keys::version_time(time_of(version.modified_ns()), key, version.sequence()),
            std::string(nothing)
        );
}

void remove_version_time(
    meta::batch& batch, const bucket_info& bucket, std::string_view key, const records::object& version
) {
    if (bucket.timed)
        batch.remove(row_keys::version_time(time_of(version.modified_ns()), key, version.sequence()));
}

void add_upload_time(
    meta::batch& batch,
    const bucket_info& bucket,
    std::string_view key,
    std::string_view upload_id,
    wall_time begun
) {
    if (bucket.timed)
        batch.put(row_keys::upload_time(begun, key, upload_id), std::string(nothing));
}

void remove_upload_time(
    meta::batch& batch,
    const bucket_info& bucket,
    std::string_view key,
    std::string_view upload_id,
    wall_time begun
) {
    if (bucket.timed)
        batch.remove(row_keys::upload_time(begun, key, upload_id));
}

void add_look(meta::batch& batch, const bucket_info& bucket, std::string_view key, wall_time when) {
    if (bucket.timed)
        batch.put(row_keys::look(when, key), std::string(nothing));
}

}  // namespace labstore::storage
