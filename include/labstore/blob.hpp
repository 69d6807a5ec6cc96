// Job:          object bytes on disk: immutable blobs under fresh unguessable ids, checked whenever they are
//               read.
// In a request: a body streams into a writer and is durable before the index names it; a GET reads through a
//               reader.
// May use:      base, crypto, observability, runtime; file system calls behind blob/file_system.hpp.
// Threads:      every call is safe from any coroutine; it continues on the caller's executor. A writer or
//               reader belongs to one coroutine.
// Failure:      full, busy, slow_down, corrupt, io_error, no_such_key (the blob is gone), fatal.
#pragma once

#include "labstore/base.hpp"
#include "labstore/observability/metrics.hpp"
#include "labstore/runtime.hpp"

#include <chrono>
#include <compare>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::blob {

using runtime::awaitable;

/// Who a blob was written for. Stored with its bytes, so that the index can be rebuilt from them and
/// compaction can ask whether a blob is still wanted.
struct owner {
    std::uint64_t partition = 0;    // bucket id
    std::string key;                // object key
    std::string token;              // 16 bytes: version token of the object, or upload id of a part
    std::uint32_t part_number = 0;  // 0 for a whole object
    std::string metadata;           // opaque to blob: the storage record as known when the bytes were written

    friend bool operator==(const owner&, const owner&) = default;
};

/// How the index names a blob: opaque to everybody but the engine that made it; at most 64 bytes.
struct ref {
    std::string locator;
    std::uint64_t size_bytes = 0;

    friend auto operator<=>(const ref&, const ref&) = default;
};

/// One blob being written. Dropping it before `finish` leaves nothing visible and gives all space back.
class writer {
  public:
    virtual ~writer() = default;

    /// Room for the next bytes, never empty; awaits earlier writes. It begins where the bytes of the call before end,
    /// and those stay readable there, until a room has been filled to its end.
    virtual awaitable<result<std::span<std::byte>>> prepare() = 0;
    /// The first `size_bytes` of the room are filled.
    virtual void advance(std::size_t size_bytes) = 0;
    [[nodiscard]] virtual std::uint64_t written_bytes() const noexcept = 0;

    /// The bytes are durable (as configured) when it returns. The writer is spent. `metadata` completes
    /// owner.metadata for engines and sizes that write it last.
    virtual awaitable<result<ref>> finish(std::string metadata) = 0;
};

/// Bytes of an open file.
struct file_range {
    int descriptor = -1;
    std::uint64_t offset = 0;
    std::uint64_t size_bytes = 0;
};

/// One blob being read; keeps its bytes from being recycled while it lives.
class reader {
  public:
    virtual ~reader() = default;

    [[nodiscard]] virtual std::uint64_t size_bytes() const noexcept = 0;

    /// Between 1 byte and `size_bytes` of the blob from `offset`, checked; valid until the next call.
    /// `offset + size_bytes` is within the blob.
    virtual awaitable<result<byte_span>> read(std::uint64_t offset, std::uint64_t size_bytes) = 0;

    /// Where the first of these bytes lie, when this process has checked them before and they have been in memory
    /// since, so that they may be sent as they lie. True for the moment, while this reader lives; nullopt is always
    /// possible, and `read` then the way. Never waits.
    [[nodiscard]] virtual std::optional<file_range> checked_in_memory(
        std::uint64_t offset, std::uint64_t size_bytes
    ) noexcept = 0;
};

/// Answers for the index during compaction and sweeping. Implemented by storage.
class referee {
  public:
    virtual ~referee() = default;

    /// Is this blob still named by the index?
    virtual awaitable<result<bool>> is_live(const owner& whose, const ref& which) = 0;

    /// Makes the index name `to` instead of `from`, durably. False when `from` is no longer named: `to` is
    /// then dropped.
    virtual awaitable<result<bool>> relocate(const owner& whose, const ref& from, const ref& to) = 0;
};

struct stats {
    std::uint64_t segments_active = 0;
    std::uint64_t segments_sealed = 0;
    std::uint64_t segments_free = 0;
    std::uint64_t segment_bytes_live = 0;
    std::uint64_t segment_bytes_dead = 0;
    std::uint64_t groups = 0;   // group commits of packed records
    std::uint64_t records = 0;  // packed records committed
    std::uint64_t group_size_max = 0;
    std::uint64_t files_retired = 0;  // segments given up after a failed write or sync
    std::uint64_t corrupt_reads = 0;
    std::uint64_t body_memory_bytes = 0;  // buffers on loan now
    std::uint64_t body_memory_bytes_max = 0;
    std::uint64_t body_memory_refused = 0;  // requests turned away with slow_down for want of a buffer
    std::uint64_t buffers_idle_bytes = 0;   // kept for the next writer or reader
    std::uint64_t buffers_reused = 0;
    std::uint64_t buffers_allocated = 0;
    std::uint64_t segment_bytes = 0;             // sizes of all segment files
    std::uint64_t segments_begun = 0;            // how often a segment was taken into use
    std::uint64_t segments_compacted = 0;        // emptied by compaction
    std::uint64_t segments_removed = 0;          // files given back to the device
    std::uint64_t compaction_read_bytes = 0;     // records looked at
    std::uint64_t compaction_written_bytes = 0;  // live records copied
    std::uint64_t orphans_removed = 0;           // large blobs that nothing names
    std::uint64_t queue_length = 0;              // records that wait for a group commit
    std::uint64_t queue_length_max = 0;
    std::uint64_t queue_refused = 0;      // records that found it full
    std::uint64_t reads_cached = 0;       // served from memory without waiting
    std::uint64_t reads_from_device = 0;  // had to wait on a thread of the pool
    std::uint64_t space_total_bytes = 0;  // of the file system; 0 when it cannot say
    std::uint64_t space_available_bytes = 0;
    metrics::distribution group_sizes{};     // records of one group
    metrics::distribution commit_seconds{};  // of a packed record, from the queue to its outcome
    metrics::distribution segment_sync_seconds{};
    metrics::distribution file_sync_seconds{};  // of the files of large blobs
};

struct maintenance_report {
    std::uint64_t segments_compacted = 0;
    std::uint64_t segments_recycled = 0;
    std::uint64_t bytes_moved = 0;
    std::uint64_t orphans_removed = 0;
    bool more = false;  // worth calling again at once
};

class store {
  public:
    virtual ~store() = default;

    /// `size_hint` is the exact length when the client declared one. Takes its buffer from the body memory
    /// limit: slow_down when there is none, full when the device has no room for it.
    virtual awaitable<result<std::unique_ptr<writer>>> create(
        owner whose, std::optional<std::uint64_t> size_hint
    ) = 0;

    /// no_such_key when the blob was removed or moved: look the index up again.
    virtual awaitable<result<std::unique_ptr<reader>>> open(ref which) = 0;

    /// A second blob with the same bytes and its own life. No bytes pass through user space for large ones.
    virtual awaitable<result<ref>> clone(ref which, owner whose) = 0;

    /// The blobs are no longer named by the index. Idempotent; space comes back later, so that readers who
    /// looked a key up just before still find its bytes. Durable: a restart does not forget it.
    virtual awaitable<result<void>> remove(std::vector<ref> which) = 0;

    /// One bounded piece of background work: recycle empty segments, compact a mostly dead one, sweep orphans
    /// after an unclean stop. Storage calls it in a loop; never two at a time.
    virtual awaitable<result<maintenance_report>> maintain(referee& judge) = 0;

    [[nodiscard]] virtual stats statistics() const = 0;

    /// Everything finished is durable and the clean mark is written when it returns. Blocks; no calls in
    /// flight.
    [[nodiscard]] virtual result<void> close() = 0;
};

enum class durability { commit, interval, none };
enum class verify_reads { when_cold, always };

struct options {
    std::string path;  // the storage path; segments/, blobs/ and tmp/ are below it
    durability mode = durability::commit;
    std::chrono::milliseconds interval{1000};
    std::uint64_t packed_size_bytes_max = 1 * MiB;  // larger blobs get a file of their own
    std::uint64_t segment_size_bytes =
        64 * MiB;                       // halved until 32 of them fit the file system, at least 4 MiB
    std::uint32_t segments_active = 1;  // written to in turn
    std::uint32_t segments_spare = 1;   // pre-written ahead of need
    double compact_below_live = 0.5;    // a sealed segment with a smaller live part is compacted
    std::uint64_t compact_bytes_per_second = 64 * MiB;
    std::chrono::milliseconds remove_delay{60'000};  // before space of removed blobs is used again
    std::uint64_t reserve_bytes = 64 * MiB;          // kept free for deletes; at most 1/16 of the file system
    std::uint64_t body_memory_bytes_max = 256 * MiB;  // buffers of all writers and readers together
    std::uint64_t idle_buffer_bytes_max = 16 * MiB;   // buffers kept for the next ones; 0 keeps none
    std::uint64_t chunk_bytes = 256 * KiB;            // buffer of a large writer or reader
    std::size_t queue_size_max = 4096;                // records waiting for a group commit
    verify_reads verify = verify_reads::when_cold;
    // How long a finished blob may stay unnamed by the index without a `remove` before compaction takes it for garbage.
    std::chrono::milliseconds unnamed_for_max{120'000};
    // Rare events for the log: corrupt, segment_retired, segment_damaged, sync_failed. Called from any thread.
    std::function<void(std::string_view event, std::string detail)> on_event;
};

class file_system;  // blob/file_system.hpp: posix in the server, memory and faulty ones in tests

[[nodiscard]] result<std::unique_ptr<store>> open_local(
    options settings, runtime::blocking_pool& pool, file_system& files
);

/// The real file system; lives as long as the program.
[[nodiscard]] file_system& posix_file_system();

/// Reads every byte of every segment and blob file of a stopped store. For each whole blob found calls
/// `on_blob`; for each damage `on_damage` with a sentence. Blocks.
using blob_visitor = std::function<void(const owner& whose, const ref& which)>;
using damage_visitor = std::function<void(const std::string& what)>;
[[nodiscard]] result<void> verify_local(
    const std::string& path, file_system& files, const blob_visitor& on_blob, const damage_visitor& on_damage
);

/// Does `which` name whole bytes of this stopped store? Used by check for every reference of the index.
[[nodiscard]] result<void> verify_ref(const std::string& path, file_system& files, const ref& which);

}  // namespace labstore::blob
