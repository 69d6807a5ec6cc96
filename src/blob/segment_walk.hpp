#pragma once

#include "blob/segment_format.hpp"

#include <utility>
#include <vector>

namespace labstore::blob {

/// A record found in a segment.
struct walked_record {
    std::uint32_t offset = 0;
    std::uint32_t header_size = 0;
    std::uint32_t payload_size = 0;
    std::uint32_t synced_end = 0;
    blob_id id{};
    owner whose;
    std::vector<std::uint32_t> block_crcs;

    [[nodiscard]] std::uint32_t size() const noexcept {
        return static_cast<std::uint32_t>(record_size(header_size, payload_size));
    }
};

/// Goes through the records of a segment by their headers, payloads unread. Where a header is unreadable it
/// looks for the next one of the same incarnation and notes the gap. Blocks; belongs to one thread at a time.
class segment_walk {
  public:
    /// `incarnation` 0 takes that of the first record found. Looks no further than `end`.
    segment_walk(file& data, std::uint64_t incarnation, std::uint32_t end)
        : data_(data), incarnation_(incarnation), end_(end) {}

    /// The next record; nullopt at the end.
    [[nodiscard]] result<std::optional<walked_record>> next();

    /// Where the next record is looked for: after the end, the end of the last record.
    [[nodiscard]] std::uint32_t offset() const noexcept { return offset_; }

    [[nodiscard]] std::uint64_t incarnation() const noexcept { return incarnation_; }

    /// Everything before this was durable according to the records seen so far.
    [[nodiscard]] std::uint32_t synced_end() const noexcept { return synced_end_; }

    /// Unreadable places, [from, to).
    [[nodiscard]] const std::vector<std::pair<std::uint32_t, std::uint32_t>>& gaps() const noexcept {
        return gaps_;
    }

    /// Is there a gap in what was durable?
    [[nodiscard]] bool damaged() const noexcept;

  private:
    /// `size` bytes from `offset`, or what there is before the end.
    result<byte_span> window(std::uint32_t offset, std::size_t size);
    /// The record at `offset`; nullopt when there is none.
    result<std::optional<record_view>> try_at(std::uint32_t offset);
    /// First place from `offset` where a whole header of this life begins; `end_` when there is none.
    result<std::uint32_t> search(std::uint32_t offset);

    file& data_;
    std::uint64_t incarnation_;
    const std::uint32_t end_;
    std::uint32_t offset_ = segment_header_size;
    std::uint32_t synced_end_ = segment_header_size;
    std::vector<std::byte> buffer_;
    std::uint32_t buffer_at_ = 0;
    std::size_t buffer_size_ = 0;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> gaps_;
};

/// Reads the payload of a record and checks every block: corrupt when one does not match.
[[nodiscard]] result<void> read_payload(file& data, const walked_record& record, mutable_byte_span into);

}  // namespace labstore::blob
