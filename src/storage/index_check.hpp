#pragma once

#include "labstore/storage.hpp"
#include "storage/record_codec.hpp"
#include "storage/time_check.hpp"
#include "storage/version_check.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::storage {

using damage_sink = std::function<void(const std::string&)>;

/// Every whole blob found on disk, as a hash of its name: 8 bytes each, so that millions fit. `add` all, `close`,
/// then `name`.
class blob_census {
  public:
    void add(const blob::ref& which);
    void close();
    /// False when there is no such blob.
    bool name(const blob::ref& which);

    [[nodiscard]] std::uint64_t count() const noexcept { return hashes_.size(); }

    [[nodiscard]] std::uint64_t unnamed() const;

  private:
    std::vector<std::uint64_t> hashes_;
    std::vector<bool> named_;
};

/// Holds every row against the others and against the blobs. Rows come in order; `close` after the last one.
class index_check {
  public:
    using whole_blob = std::function<bool(const blob::ref&)>;

    /// `is_whole` is asked about blobs that the census does not know.
    index_check(check_report& report, blob_census& census, whole_blob is_whole, damage_sink damage);

    void row(meta::partition_id partition, std::string_view key, std::string_view value);
    void close();

  private:
    struct chunk_facts {
        std::uint32_t first_part_number = 0;
        std::uint32_t last_part_number = 0;
        std::uint32_t parts = 0;
        std::uint64_t size_bytes = 0;
    };

    struct manifest_facts {
        std::vector<chunk_facts> chunks;
        bool used = false;
    };

    void system_row(std::string_view key, std::string_view value);
    void bucket_row(std::string_view key, std::string_view value);
    void begin_partition(std::uint64_t partition);
    void end_partition();
    void state_row(std::string_view key, std::string_view value);
    void clean_up_row(std::string_view key, std::string_view value);
    void manifest_row(std::string_view key, std::string_view value);
    void version_row(std::string_view key, std::string_view value);
    void key_state_row(std::string_view key, std::string_view value);
    void upload_row(std::string_view key, std::string_view value);
    void part_row(std::string_view key, std::string_view value);
    void check_bytes(const records::object& record, const std::string& where);
    void check_manifest(const records::object& record, const std::string& where);
    void check_blob(const blob::ref& which, std::uint64_t size_bytes, const std::string& where);
    void report(const std::string& where, std::string_view what);
    [[nodiscard]] std::string place(std::string_view key) const;

    check_report& report_;
    blob_census& census_;
    whole_blob is_whole_;
    damage_sink damage_;

    std::map<std::uint64_t, std::string> buckets_;  // id to name; those whose partition came are taken out
    std::set<std::uint64_t> dead_;

    // Of the partition at hand.
    std::uint64_t partition_ = 0;
    std::string bucket_;
    bool known_ = false;
    bool has_state_ = false;
    bool has_rows_ = false;
    bool versioned_ = false;
    bool timed_ = false;
    bool live_ = false;
    version_check versions_;
    time_check times_;
    std::map<std::string, manifest_facts, std::less<>> manifests_;
    std::set<std::string, std::less<>> purged_manifests_;
    std::set<std::string, std::less<>> purged_uploads_;
    std::set<std::string, std::less<>> uploads_;
};

}  // namespace labstore::storage
