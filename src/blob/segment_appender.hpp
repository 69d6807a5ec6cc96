#pragma once

#include "blob/segment_format.hpp"
#include "blob/segment_supply.hpp"

#include <functional>

namespace labstore::blob {

/// A record to be appended. What it points to stays in place until it has its outcome.
struct record_draft {
    blob_id id{};
    const owner* whose = nullptr;
    byte_span payload;
    std::span<const std::uint32_t> block_crcs;

    std::string header;  // made by the appender
    result<ref> outcome{make_error_code(errc::internal)};
};

/// Appends records to an active segment, group by group, and goes on to the next when it is full. A failed
/// write or sync retires the segment and writes the group into a fresh one; a second failure is the
/// requests'. Blocks; belongs to one thread at a time.
class segment_appender {
  public:
    using settled = std::function<void(record_draft&)>;

    segment_appender(engine& host, segment_supply& supply, segment_purpose purpose);
    ~segment_appender();

    /// Writes the records with as few syncs as segments they go to. Calls `done` for each as soon as its
    /// outcome stands: after the sync when the durability mode (or compaction) asks for one.
    void append(std::span<record_draft* const> group, const settled& done);

    /// Leaves the active segment, marking its end.
    void seal();

    /// Bytes left in the active segment. From any thread.
    [[nodiscard]] std::uint64_t room() const noexcept { return room_.load(std::memory_order_relaxed); }

  private:
    struct active_segment {
        explicit active_segment(segment_supply::prepared next)
            : what(std::move(next.what)), data(std::move(next.data)) {}

        std::shared_ptr<segment> what;
        std::shared_ptr<file> data;
        std::uint32_t end = segment_header_size;
        std::uint32_t synced_end = segment_header_size;
    };

    [[nodiscard]] bool fits(const record_draft& draft, std::uint64_t behind) const noexcept;
    result<void> roll();
    void append_run(std::span<record_draft* const> run);
    result<void> write_run(std::span<record_draft* const> run);
    void retire(const error_code& why);
    void note_room() noexcept;

    engine& host_;
    segment_supply& supply_;
    const segment_purpose purpose_;
    const bool sync_;
    std::optional<active_segment> active_;
    std::atomic<std::uint64_t> room_{0};
    std::uint64_t failed_syncs_seen_ = 0;
};

}  // namespace labstore::blob
