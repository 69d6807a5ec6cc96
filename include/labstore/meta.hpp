// Job:          the index: an ordered key-value store in partitions, changed by conditional all-or-nothing
//               batches.
// In a request: storage looks a key up here first, and commits here last, just before the 200.
// May use:      base, observability, runtime; RocksDB inside the local engine.
// Threads:      every call is safe from any coroutine; it continues on the caller's executor.
// Failure:      conflict, absent (an empty optional), unknown, busy, full, too_large, corrupt, fatal. Nothing
//               else.
#pragma once

#include "labstore/base.hpp"
#include "labstore/observability/metrics.hpp"
#include "labstore/runtime.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::meta {

using runtime::awaitable;

/// A partition is the unit of atomicity: a bucket is one, server-wide state is another.
enum class partition_id : std::uint64_t {};
inline constexpr partition_id system_partition{0};

/// Names one state of one row. A row's revision changes with every write to it; 0 never occurs.
using revision = std::uint64_t;

struct entry {
    std::string value;
    revision rev = 0;
};

/// Views into whatever holds the row: the page it is of.
struct row {
    std::string_view key;
    std::string_view value;
    revision rev = 0;
};

inline constexpr std::size_t page_rows_max = 1000;
/// A page also ends with the row that brings its keys and values to this size.
inline constexpr std::size_t page_bytes_max = 16 * MiB;

struct scan_request {
    std::string prefix{};  // only keys that begin with it; may be empty
    std::string after{};   // only keys strictly greater; may be empty
    std::size_t limit = page_rows_max;
    bool keys_only = false;  // leaves the values empty
    /// Asked after each row, on whatever thread reads: the scan goes on with the first key not below the answer, and what
    /// lies between costs nothing; an empty answer means the next row.
    std::function<std::string(std::string_view key)> skip_to{};
};

/// One atomic look at the partition, in byte order. Two pages are not one snapshot. The rows are valid as long as the
/// page, also when that is moved.
class page {
  public:
    std::vector<row> rows;
    bool more = false;  // another matching key exists after the last row

    /// Copies the row in, behind the others.
    void add(std::string_view key, std::string_view value, revision rev) {
        const auto kept_key = texts_.keep(key);
        rows.push_back({kept_key, texts_.keep(value), rev});
    }

  private:
    text_arena texts_;
};

struct precondition {
    enum class kind { absent, present, equals_revision, equals_value };

    kind what = kind::absent;
    std::string key;
    revision rev = 0;   // for equals_revision
    std::string value;  // for equals_value
};

[[nodiscard]] inline precondition absent(std::string key) {
    return {precondition::kind::absent, std::move(key), 0, {}};
}

[[nodiscard]] inline precondition present(std::string key) {
    return {precondition::kind::present, std::move(key), 0, {}};
}

[[nodiscard]] inline precondition at_revision(std::string key, revision rev) {
    return {precondition::kind::equals_revision, std::move(key), rev, {}};
}

[[nodiscard]] inline precondition has_value(std::string key, std::string value) {
    return {precondition::kind::equals_value, std::move(key), 0, std::move(value)};
}

/// Sets a row, or removes it when there is no value. Keys and values are never empty.
struct mutation {
    std::string key;
    std::optional<std::string> value;
};

/// Judged on the state before, applied all or nothing, within one partition. A later mutation of the same key
/// wins.
struct batch {
    std::vector<precondition> preconditions;
    std::vector<mutation> mutations;

    void put(std::string key, std::string value) { mutations.push_back({std::move(key), std::move(value)}); }

    void remove(std::string key) { mutations.push_back({std::move(key), std::nullopt}); }
};

enum class sync { as_configured, none };

/// What the engine says of itself. Counts go on when it is reopened.
struct engine_stats {
    std::uint64_t rows_estimate = 0;
    std::uint64_t block_cache_bytes = 0;
    std::uint64_t block_cache_bytes_max = 0;
    std::uint64_t block_cache_hits = 0;
    std::uint64_t block_cache_misses = 0;
    std::uint64_t memory_table_bytes = 0;     // all that are in memory
    std::uint64_t memory_tables_waiting = 0;  // full, to be written out
    std::uint64_t table_reader_bytes = 0;     // indexes and filters outside the block cache
    std::uint64_t log_bytes = 0;              // written to the log
    std::uint64_t flush_bytes = 0;            // written from memory tables
    std::uint64_t compaction_read_bytes = 0;
    std::uint64_t compaction_written_bytes = 0;
    std::uint64_t compaction_pending_bytes = 0;  // estimate of what is to be rewritten
    std::uint64_t compactions_running = 0;
    std::uint64_t flushes_running = 0;
    std::uint64_t stall_microseconds = 0;      // writes were held back for so long
    bool writes_stopped = false;               // held back now
    std::vector<std::uint64_t> level_files{};  // by level
    std::vector<std::uint64_t> level_bytes{};
    metrics::distribution log_sync_seconds{};
};

struct stats {
    std::uint64_t batches = 0;  // applied
    std::uint64_t groups = 0;   // synced together
    std::uint64_t group_size_max = 0;
    std::uint64_t conflicts = 0;
    std::uint64_t queue_length = 0;  // batches that wait for a group commit
    std::uint64_t queue_length_max = 0;
    std::uint64_t queue_refused = 0;         // batches that found it full
    std::uint64_t lookups_cached = 0;        // answered from memory without waiting
    std::uint64_t lookups_from_device = 0;   // had to wait on a thread of the pool
    metrics::distribution group_sizes{};     // batches of one group
    metrics::distribution commit_seconds{};  // of a batch, from the queue to its outcome
    engine_stats engine{};
};

class store {
  public:
    virtual ~store() = default;

    /// A memory-only attempt first, on the calling thread; the disk through the blocking pool. After an apply that
    /// answered `unknown`, the rows it was to change answer `unknown` too until their fate is certain (a full device:
    /// until there is room; a failed log: until a restart), so that nobody acts on what a restart may turn round.
    virtual awaitable<result<std::optional<entry>>> get(partition_id partition, std::string key) = 0;

    /// `limit` is at most page_rows_max. Runs on the blocking pool. Shows undecided rows as they were before.
    virtual awaitable<result<page>> scan(partition_id partition, scan_request request) = 0;

    /// Durable as configured when it returns ok; the value is the revision that all rows it wrote now have.
    /// `sync::none` is for rows whose loss only repeats idempotent work (clean-up).
    virtual awaitable<result<revision>> apply(
        partition_id partition, batch changes, sync mode = sync::as_configured
    ) = 0;

    /// False after a fatal error: reads go on, every apply answers `fatal`.
    [[nodiscard]] virtual bool writable() const noexcept = 0;
    [[nodiscard]] virtual stats statistics() const = 0;

    /// Everything applied is durable when it returns. Blocks; called at shutdown, without requests in flight.
    [[nodiscard]] virtual result<void> close() = 0;
};

enum class durability { commit, interval, none };

struct options {
    std::string path;  // folder of the RocksDB database
    durability mode = durability::commit;
    std::chrono::milliseconds interval{1000};  // with durability::interval: the sync period
    std::uint64_t block_cache_bytes = 64 * MiB;
    std::uint32_t block_cache_shards =
        0;  // each with a lock of its own; rounded up to a power of 2; 0: one for each 4 MiB, at most 64
    std::uint64_t memtable_bytes = 16 * MiB;  // one write buffer
    std::size_t batch_rows_max = 32'768;      // past it apply answers too_large
    std::uint64_t batch_bytes_max = 64 * MiB;
    std::size_t queue_size_max = 16'384;  // batches waiting; past it apply answers busy
};

/// Opens or creates the local engine.
[[nodiscard]] result<std::unique_ptr<store>> open_local(options settings, runtime::blocking_pool& pool);

/// What `labstore-server check` asks of a stopped store: every block's checksum, every row decodable as
/// revision + value. Calls `on_row(partition, key, value)` for each row in order. Blocks.
using row_visitor = std::function<void(partition_id, std::string_view key, std::string_view value)>;
[[nodiscard]] result<std::uint64_t> verify_local(const std::string& path, const row_visitor& on_row);

}  // namespace labstore::meta
