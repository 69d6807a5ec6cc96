#include "labstore/storage.hpp"
#include "storage/index_check.hpp"

#include <filesystem>
#include <string>

namespace labstore::storage {
namespace {

/// A store that was created and never used has neither.
bool exists(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
}

}  // namespace

result<check_report> check(
    const std::string& storage_path, const std::function<void(const std::string&)>& on_damage
) {
    check_report report;
    const damage_sink damage = [&](const std::string& what) {
        ++report.damages;
        on_damage(what);
    };
    auto& files = blob::posix_file_system();
    blob_census census;
    if (exists(storage_path + "/segments") || exists(storage_path + "/blobs")) {
        const auto on_blob = [&](const blob::owner&, const blob::ref& which) {
            census.add(which);
        };
        LABSTORE_TRY(blob::verify_local(storage_path, files, on_blob, damage));
    }
    census.close();
    const auto is_whole = [&](const blob::ref& which) {
        return blob::verify_ref(storage_path, files, which).has_value();
    };
    index_check index(report, census, is_whole, damage);
    const auto index_path = storage_path + "/index";
    if (exists(index_path)) {
        const auto on_row = [&](meta::partition_id partition, std::string_view key, std::string_view value) {
            index.row(partition, key, value);
        };
        const auto rows = meta::verify_local(index_path, on_row);
        if (!rows && rows.error() != errc::corrupt)
            return rows.error();
        if (!rows)
            damage("index: a block or a row is damaged");
    }
    index.close();
    report.blobs = census.count();
    report.orphans = census.unnamed();
    return report;
}

}  // namespace labstore::storage
