#pragma once

#include "labstore/storage/types.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::storage {

/// Of one bucket: has each version and upload its row in the index by time, once that is built? A row too many is no damage.
/// Rows come in their order, row 'l' first. Remembers 8 bytes for each row 't' and each version and upload.
class time_check {
  public:
    using report_sink = std::function<void(std::string_view what)>;

    explicit time_check(report_sink report) : report_(std::move(report)) {}

    /// Row 'l' or a row 'l' or 't' with a time.
    void row(std::string_view key, std::string_view value);
    void version(wall_time written, std::string_view object_key, std::uint64_t sequence);
    void upload(wall_time begun, std::string_view object_key, std::string_view upload_id);
    /// Behind the bucket's last row; forgets it. `timed`: what row 's' says; rows of a removed bucket are not judged.
    void close(bool timed, bool live);

  private:
    void progress_row(std::string_view value);

    report_sink report_;
    bool built_ = false;
    std::vector<std::uint64_t> there_;     // hashes of rows
    std::vector<std::uint64_t> expected_;  // of those that should be
};

}  // namespace labstore::storage
