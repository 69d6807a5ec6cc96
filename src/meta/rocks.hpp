// Everything the module decides about RocksDB: its options, what its statuses mean, where its messages go.
#pragma once

#include "labstore/meta.hpp"

#include <rocksdb/env.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/statistics.h>
#include <rocksdb/status.h>

#include <atomic>
#include <memory>

namespace labstore::meta {

/// What a failed read answers: corrupt, or fatal when the device refused.
[[nodiscard]] errc read_errc(const rocksdb::Status& status) noexcept;

[[nodiscard]] bool is_out_of_space(const rocksdb::Status& status) noexcept;

/// Notes RocksDB's background errors, the only reliable account of how a failed write failed, and keeps
/// RocksDB from resuming by itself: `database` decides when, and must know that it happened. Called from any
/// thread.
class error_listener final : public rocksdb::EventListener {
  public:
    enum class state { none, out_of_space, fatal };

    void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override;
    void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason reason, rocksdb::Status error, bool* automatic)
        override;

    /// `none` as long as RocksDB takes writes.
    [[nodiscard]] state current() const noexcept { return state_.load(); }

    /// The log, or what stands between it and the memory tables, failed: a write that was under way at that
    /// time may or may not be found again after a restart.
    [[nodiscard]] bool log_suspect() const noexcept { return log_suspect_.load(); }

    void set_fatal() noexcept { state_.store(state::fatal); }

    /// Before the database is opened again.
    void reset() noexcept;

  private:
    std::atomic<state> state_{state::none};
    std::atomic<bool> log_suspect_{false};
};

/// `listener` and `counters` may be null (read-only use).
[[nodiscard]] rocksdb::Options rocks_options(
    const options& settings,
    std::shared_ptr<error_listener> listener,
    std::shared_ptr<rocksdb::Statistics> counters,
    rocksdb::Env& env
);

/// Memory and block cache only when `tier` says so; blocks are always verified.
[[nodiscard]] rocksdb::ReadOptions read_options(rocksdb::ReadTier tier);

}  // namespace labstore::meta
