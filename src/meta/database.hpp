// The RocksDB instance, open for as long as it can be, and the account of what it can still do.
#pragma once

#include "labstore/meta.hpp"

#include "meta/ballast.hpp"
#include "meta/rocks.hpp"
#include "meta/rocks_counters.hpp"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>

namespace labstore::meta {

/// What a write came to.
enum class write_outcome {
    applied,    // in the log, synced if asked, and visible
    refused,    // certainly not applied: there is no room
    undecided,  // the log failed under it: a restart may find it or not
    dead,       // certainly not applied: the database takes no more writes
};

/// Reads may come from any thread, through `lock_for_reading`. Everything that writes or reopens belongs to
/// the committer's thread, but for `sync_log` and `restore_ballast`.
///
/// Three conditions:
/// - running;
/// - out of space: RocksDB stopped on a full device. Reads go on. `recover` reopens the database when there
/// is room,
///   which replays the log and so settles what was undecided. (Resuming in place, as RocksDB offers, is not
///   used: it writes the refused record's remains to the old log again, and never comes back from a log that
///   could not be made.)
/// - fatal: any other failure of a write or a sync. A failed sync is never tried again, since the kernel may
/// report
///   success while the disk holds other bytes. Reads go on; only a restart helps.
class database {
  public:
    enum class condition { running, out_of_space, fatal };

    database(const options& settings, rocksdb::Env& env);
    ~database();

    /// corrupt, full, already_locked or io_error.
    [[nodiscard]] result<void> open();

    [[nodiscard]] condition current() const noexcept;

    /// Held while a reader uses `reading`. Waits only while the database is being reopened.
    [[nodiscard]] std::shared_lock<labstore::shared_mutex> lock_for_reading();
    /// Owns nothing while it is being reopened.
    [[nodiscard]] std::shared_lock<labstore::shared_mutex> try_lock_for_reading();

    /// Under such a lock, or on the committer's thread. Null when a reopening failed beyond reading.
    [[nodiscard]] rocksdb::DB* reading() noexcept { return db_.get(); }

    [[nodiscard]] rocksdb::SequenceNumber last_sequence() const { return db_->GetLatestSequenceNumber(); }

    [[nodiscard]] write_outcome write(rocksdb::WriteBatch& changes, bool sync);

    /// Out of space: reopens when there is room, at most once a second. True when running again.
    [[nodiscard]] bool recover();

    /// Makes everything written durable (durability::interval). A failure makes the database fatal.
    void sync_log();

    /// What `reading` and the counts since the store was opened say.
    [[nodiscard]] engine_stats statistics();

    void restore_ballast() { ballast_.restore(); }

    /// Syncs and closes. io_error when that failed.
    [[nodiscard]] result<void> close();

  private:
    [[nodiscard]] rocksdb::Status open_writable();
    [[nodiscard]] bool reopen();
    [[nodiscard]] std::uint64_t log_bytes() const;

    const options settings_;
    rocksdb::Env& env_;
    const std::shared_ptr<error_listener> errors_;
    const std::shared_ptr<rocks_counters> counters_;
    rocksdb::Options rocks_options_;
    ballast ballast_;
    labstore::shared_mutex mutex_;
    // A shared mutex may let readers in for ever; these keep new ones out while a reopening waits its turn.
    labstore::mutex gate_;
    std::atomic<bool> reopening_{false};
    std::unique_ptr<rocksdb::DB> db_;
    std::atomic<bool> read_only_{false};  // a reopening for writing failed
    std::chrono::steady_clock::time_point next_recovery_{};
};

}  // namespace labstore::meta
