#include "storage/time_check.hpp"

#include "storage/record_codec.hpp"
#include "storage/row_keys.hpp"

#include <algorithm>

namespace labstore::storage {
namespace {

std::uint64_t hash_of(std::string_view row_key) {
    return std::hash<std::string_view>{}(row_key);
}

}  // namespace

void time_check::row(std::string_view key, std::string_view value) {
    const bool look = key.front() == row_keys::lifecycle_kind;
    if (look && key.size() == 1) {
        progress_row(value);
        return;
    }
    const auto parsed = row_keys::parse_timed(key);
    const auto rest = parsed ? parsed->rest.size() : 0;
    const bool fits = look ? rest == 0 : rest == sizeof(std::uint64_t) || rest == row_keys::token_size_bytes;
    if (!parsed || !fits || value.empty()) {
        report_("a row of the index by time does not decode: " + to_hex(as_bytes(key)));
        return;
    }
    if (!look)
        there_.push_back(hash_of(key));
}

void time_check::progress_row(std::string_view value) {
    const auto progress = decode<records::lifecycle_progress>(value);
    if (!progress) {
        report_("the progress of its lifecycle does not decode");
        return;
    }
    built_ = progress->built();
    for (const auto& cursor : progress->cursors())
        if (cursor.row().empty() || cursor.row().front() != row_keys::time_kind)
            report_("a cursor of its lifecycle is none");
}

void time_check::version(wall_time written, std::string_view object_key, std::uint64_t sequence) {
    if (built_)
        expected_.push_back(hash_of(row_keys::version_time(written, object_key, sequence)));
}

void time_check::upload(wall_time begun, std::string_view object_key, std::string_view upload_id) {
    if (built_)
        expected_.push_back(hash_of(row_keys::upload_time(begun, object_key, upload_id)));
}

void time_check::close(bool timed, bool live) {
    std::sort(there_.begin(), there_.end());
    std::sort(expected_.begin(), expected_.end());
    if (live && !timed && (built_ || !there_.empty()))
        report_("it has rows by time, and its state says nothing of them");
    if (live && timed && !std::includes(there_.begin(), there_.end(), expected_.begin(), expected_.end()))
        report_("versions or uploads are missing from its index by time");
    built_ = false;
    there_.clear();
    expected_.clear();
}

}  // namespace labstore::storage
