#pragma once

#include "storage/record_codec.hpp"
#include "storage/services.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace labstore::storage {

/// The row of an object version, as it lies in the index.
struct found_row {
    bucket_ptr bucket;
    std::string value;
    meta::revision rev = 0;
    bool noncurrent = false;  // it is a row 'v'
};

/// no_such_bucket, key errors, no_such_key, no_such_version. `name` outlives the call.
runtime::awaitable<result<found_row>> find_row(services& all, const object_name& name);

[[nodiscard]] result<object_info> describe_row(std::string key, const found_row& found);

/// An object version as found in the index, and where.
struct found_object {
    bucket_ptr bucket;
    std::string key;
    records::object record;
    meta::revision rev = 0;
    bool noncurrent = false;  // it stands in a row 'v'
};

/// The same with the record taken apart, for those who change it or keep it.
runtime::awaitable<result<found_object>> find_object(services& all, object_name name);

/// The rows that name the parts of one object.
runtime::awaitable<result<records::manifest>> read_manifest(
    services& all, meta::partition_id partition, std::string token, std::uint32_t chunk
);

/// Which manifest row would hold this part number.
[[nodiscard]] std::uint32_t chunk_of_part(const records::object& record, std::uint32_t number);

/// Reads one version, part by part. Holds its token, so that clean-up leaves the bytes alone; a part that
/// compaction moved is looked up again. Costs one open blob reader and one manifest row of memory.
class stored_object_reader final : public object_reader {
  public:
    stored_object_reader(
        services& all, const bucket_info& bucket, std::string key, const object_view& record
    );

    /// Opens the first bytes. no_such_key when they are not where the record says: it is out of date.
    runtime::awaitable<result<void>> open();

    [[nodiscard]] const object_info& info() const noexcept override { return info_; }

    runtime::awaitable<result<byte_span>> read(std::uint64_t offset, std::uint64_t size_bytes) override;

    [[nodiscard]] std::optional<blob::file_range> checked_in_memory(
        std::uint64_t offset, std::uint64_t size_bytes
    ) noexcept override;

  private:
    struct part_place {
        std::uint64_t offset = 0;
        blob::ref ref;
    };

    runtime::awaitable<result<void>> open_at(std::uint64_t offset);
    runtime::awaitable<result<void>> load_chunk(std::uint32_t chunk);
    /// Which manifest row holds the byte at `offset`.
    [[nodiscard]] std::uint32_t chunk_at(std::uint64_t offset) const noexcept;
    [[nodiscard]] const part_place& place_at(std::uint64_t offset) const;

    /// `current_` holds the byte at `offset`.
    [[nodiscard]] bool is_open_at(std::uint64_t offset) const noexcept {
        return current_ != nullptr && offset >= current_offset_ &&
               offset - current_offset_ < current_->size_bytes();
    }

    services& all_;
    meta::partition_id partition_;
    object_info info_;
    std::string token_;
    token_table::hold hold_;
    std::optional<blob::ref> blob_;
    std::vector<manifest_place> manifest_;
    std::optional<std::uint32_t> chunk_;
    std::vector<part_place> places_;  // parts of chunk_, without empty ones
    std::unique_ptr<blob::reader> current_;
    std::uint64_t current_offset_ = 0;
};

struct opened_object {
    found_row found;
    std::unique_ptr<stored_object_reader> reader;
};

/// Looks up and opens; again when the bytes moved in between. `name` outlives the call.
runtime::awaitable<result<opened_object>> open_current(services& all, const object_name& name);

}  // namespace labstore::storage
