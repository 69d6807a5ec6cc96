#pragma once

#include "blob/large_store.hpp"
#include "blob/segment_format.hpp"

namespace labstore::blob {

/// Reads a packed blob; pins its segment. Header and payload come in one read where the range begins near the
/// front.
class packed_reader final : public reader {
  public:
    packed_reader(
        engine& host,
        segment_table::pin pinned,
        std::shared_ptr<segment_file> data,
        const packed_locator& where,
        std::uint64_t size_bytes
    );

    [[nodiscard]] std::uint64_t size_bytes() const noexcept override { return size_bytes_; }

    awaitable<result<byte_span>> read(std::uint64_t offset, std::uint64_t size_bytes) override;

    [[nodiscard]] std::optional<file_range> checked_in_memory(
        std::uint64_t offset, std::uint64_t size_bytes
    ) noexcept override;

  private:
    /// Is it told which records of the segment have been checked, and this one among them?
    [[nodiscard]] bool is_remembered() const noexcept;
    awaitable<result<void>> read_header_and(std::uint64_t payload_end);
    result<void> take_header(byte_span header);
    result<void> check_blocks(std::uint64_t from, byte_span payload) const;
    awaitable<result<byte_span>> read_checked(std::uint64_t offset, std::uint64_t size_bytes);

    engine& host_;
    const segment_table::pin pinned_;
    const std::shared_ptr<segment_file> data_;
    const packed_locator where_;
    const std::uint64_t size_bytes_;
    bool header_known_ = false;
    std::vector<std::uint32_t> block_crcs_;
    buffer buffer_;
};

/// Reads a large blob by chunks. Keeps the file open, so the bytes stay when the name goes.
class large_reader final : public reader {
  public:
    large_reader(engine& host, std::shared_ptr<large_file> from, const large_locator& where);

    [[nodiscard]] std::uint64_t size_bytes() const noexcept override { return from_->footer.payload_size; }

    awaitable<result<byte_span>> read(std::uint64_t offset, std::uint64_t size_bytes) override;

    [[nodiscard]] std::optional<file_range> checked_in_memory(
        std::uint64_t offset, std::uint64_t size_bytes
    ) noexcept override;

  private:
    awaitable<result<byte_span>> read_checked(std::uint64_t offset, std::uint64_t size_bytes);

    engine& host_;
    const std::shared_ptr<large_file> from_;
    const large_locator where_;
    buffer buffer_;
};

/// The blocks around a range, at most `chunk` bytes of them from the first.
struct block_range {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
};

[[nodiscard]] block_range blocks_around(
    std::uint64_t offset,
    std::uint64_t size_bytes,
    std::uint64_t total_bytes,
    std::size_t block,
    std::uint64_t chunk
) noexcept;

}  // namespace labstore::blob
