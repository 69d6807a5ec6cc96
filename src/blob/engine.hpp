#pragma once

#include "blob/blob_file_format.hpp"
#include "blob/buffer_pool.hpp"
#include "blob/checked_pieces.hpp"
#include "blob/lru_cache.hpp"
#include "blob/segment_table.hpp"
#include "blob/space_gauge.hpp"
#include "blob/types.hpp"

#include <atomic>
#include <mutex>

namespace labstore::blob {

/// An opened file of a large blob and its checksums.
struct large_file {
    large_file(std::unique_ptr<file> opened, blob_footer its_footer)
        : data(std::move(opened)), footer(std::move(its_footer)), checked(footer.block_crcs.size()) {}

    const std::unique_ptr<file> data;
    const blob_footer footer;
    checked_pieces checked;  // blocks
};

/// An opened segment, for one of its lives.
struct segment_file {
    /// Smaller records are read faster than they are asked about. None of this size begins in the page of another.
    static constexpr std::uint64_t sendable_bytes_min = 16 * KiB;
    static constexpr std::uint64_t page_bytes = 4 * KiB;

    segment_file(std::shared_ptr<file> opened, std::uint64_t size_bytes)
        : data(std::move(opened)), checked(size_bytes / page_bytes + 1) {}

    const std::shared_ptr<file> data;
    checked_pieces checked;  // by the page that a record of at least sendable_bytes_min begins in
};

/// Counts jobs that run on the blocking pool without anybody waiting for them, so that the store can.
class job_counter {
  public:
    void begin();
    void end();
    void wait();

  private:
    labstore::mutex mutex_;
    labstore::condition_variable idle_;
    std::size_t running_ = 0;
};

/// What the parts of a store count. Written from any thread.
struct counters {
    std::atomic<std::uint64_t> groups{0};
    std::atomic<std::uint64_t> records{0};
    std::atomic<std::uint64_t> group_size_max{0};
    std::atomic<std::uint64_t> files_retired{0};
    std::atomic<std::uint64_t> corrupt_reads{0};
    std::atomic<std::uint64_t> segments_begun{0};
    std::atomic<std::uint64_t> segments_compacted{0};
    std::atomic<std::uint64_t> segments_removed{0};
    std::atomic<std::uint64_t> compaction_read_bytes{0};
    std::atomic<std::uint64_t> compaction_written_bytes{0};
    std::atomic<std::uint64_t> orphans_removed{0};
    std::atomic<std::uint64_t> queue_refused{0};
    metrics::counter reads_cached;
    metrics::counter reads_from_device;
    metrics::histogram group_sizes{metrics::group_size_bounds()};
    metrics::histogram commit_seconds{metrics::sync_bounds()};
    metrics::histogram segment_sync_seconds{metrics::sync_bounds()};
    metrics::histogram file_sync_seconds{metrics::sync_bounds()};

    void fill(stats& out) const;
};

/// `sync_data`, its time observed. A failed one counts too.
[[nodiscard]] result<void> timed_sync(file& data, metrics::histogram& seconds);

/// What every part of one store shares. Outlives the parts.
struct engine {
    engine(
        options checked_settings,
        std::uint64_t reserve_bytes,
        runtime::blocking_pool& threads,
        file_system& device
    );

    const options settings;  // sizes already fitted to the file system
    const layout paths;
    const std::uint64_t run;  // random number of this run, written into large blobs
    runtime::blocking_pool& pool;
    file_system& files;
    buffer_pool buffers;
    space_gauge space;
    segment_table table;
    lru_cache<std::uint64_t, segment_file> segment_files;
    lru_cache<blob_id, large_file, blob_id_hash> large_files;
    counters counts;
    job_counter jobs;
    std::atomic<std::uint64_t> failed_syncs{0};  // outside the committers: they go on in fresh segments
    std::atomic<bool> unsynced{false};           // written since the last sync, in the modes that sync later

    void report(std::string_view event, std::string detail) const {
        if (settings.on_event)
            settings.on_event(event, std::move(detail));
    }

    /// Counts and reports a failed read when it is about corruption; returns the error as it came.
    error_code note_read_error(error_code error, const std::string& what);
};

/// Fills `into` from `offset`: from memory on the calling thread when it is all there, else on the pool.
/// corrupt when the file ends before. Both arguments outlive the call.
[[nodiscard]] awaitable<result<void>> fetch(
    engine& host, file& from, std::uint64_t offset, mutable_byte_span into
);

/// full stays full, the rest becomes io_error.
[[nodiscard]] error_code write_error(const error_code& error) noexcept;

/// Writes a small file whole and durably: temporary, sync, rename over `path`, sync of `directory`. Blocks.
[[nodiscard]] result<void> write_small_file(
    engine& host, const std::string& directory, const std::string& path, std::string_view content
);
/// Reads a file of at most `size_max` bytes; corrupt when it is larger. Blocks.
[[nodiscard]] result<std::string> read_small_file(
    file_system& files, const std::string& path, std::uint64_t size_max
);

}  // namespace labstore::blob
