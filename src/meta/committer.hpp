// The one thread that changes the index.
#pragma once

#include "labstore/meta.hpp"

#include "meta/database.hpp"
#include "meta/row_codec.hpp"

#include <rocksdb/write_batch.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace labstore::meta {

/// Takes all batches that wait as one group: judges each against the database and the changes of those before
/// it, writes them with one call and one sync, and resumes each waiter with its own outcome. Never waits for
/// company: what arrives during a sync makes the next group.
///
/// Revisions: the first after opening is RocksDB's latest sequence number plus one, then one more per batch
/// that changes rows. Each such batch takes at least one sequence number of its own, and a recovered write
/// group is whole, so no row ever holds a revision above the latest sequence number: no revision in the index
/// repeats, crash or not.
class committer {
  public:
    using answer = result<revision>;

    committer(const options& settings, database& target);
    ~committer();

    /// Queues a batch; `wake` is called once, from any thread: at once with `busy` when the queue is full and
    /// with `fatal` after `stop`.
    void submit(partition_id partition, batch changes, sync mode, runtime::resumer<answer> wake);

    /// Tries to recover when out of space, though nobody applies: reads of undecided rows wait for it. From any thread.
    void retry_recovery();

    /// Finishes what is queued and ends the thread.
    void stop();

    /// The row's fate hangs on a write that the log failed under: neither its old nor its new state may be
    /// shown.
    [[nodiscard]] bool is_undecided(std::string_view stored_key) const;

    [[nodiscard]] stats statistics() const;

  private:
    struct waiting {
        partition_id partition{};
        batch changes;
        sync mode = sync::as_configured;
        runtime::resumer<answer> wake;
        std::chrono::steady_clock::time_point since;
        answer outcome = make_error_code(errc::fatal);
        bool accepted = false;
        bool judged_on_group = false;  // by a row that this group is about to write
    };

    /// A row as this group leaves it.
    struct pending_row {
        const std::string* value = nullptr;  // null: removed
        revision rev = 0;
    };

    void commit_loop();
    void commit(std::vector<waiting>& group);
    [[nodiscard]] bool ready_to_write(std::vector<waiting>& group);
    void judge(waiting& one, bool alone);
    /// ok, conflict, corrupt or fatal.
    [[nodiscard]] errc judge_condition(waiting& one, const precondition& condition);
    /// The value is good until the next call.
    [[nodiscard]] result<std::optional<stored_value>> read_row(const std::string& stored_key);
    void add_rows(waiting& one, bool alone);
    void conclude(std::vector<waiting>& group, write_outcome outcome);
    void fail_accepted(std::vector<waiting>& group, errc why);
    void remember_undecided(const std::vector<waiting>& group);
    void start_revisions();

    const options settings_;
    database& database_;

    mutable labstore::mutex mutex_;
    labstore::condition_variable wake_;
    std::vector<waiting> queue_;
    bool idle_ = false;
    bool retry_ = false;
    bool stopping_ = false;

    mutable labstore::mutex undecided_mutex_;
    std::unordered_set<std::string> undecided_;
    std::atomic<bool> any_undecided_{false};

    // The thread's own.
    rocksdb::WriteBatch rows_;
    std::unordered_map<std::string, pending_row> pending_;
    rocksdb::PinnableSlice read_;
    revision last_revision_ = 0;
    bool sync_wanted_ = false;

    std::atomic<std::uint64_t> batches_{0};
    std::atomic<std::uint64_t> groups_{0};
    std::atomic<std::uint64_t> group_size_max_{0};
    std::atomic<std::uint64_t> conflicts_{0};
    std::atomic<std::uint64_t> queue_refused_{0};
    metrics::histogram group_sizes_{metrics::group_size_bounds()};
    metrics::histogram commit_seconds_{metrics::sync_bounds()};

    std::thread thread_;
};

}  // namespace labstore::meta
