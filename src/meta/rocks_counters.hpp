// The few counts of RocksDB that we show.
#pragma once

#include "labstore/meta.hpp"

#include <rocksdb/db.h>
#include <rocksdb/statistics.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

namespace labstore::meta {

/// Given to RocksDB as its statistics, of which it has some two hundred counters and sixty histograms. This one keeps
/// seven counters and the time of log syncs; for everything else a count is a virtual call and a look into a table, and
/// no clock is read. Lives as long as the store: counts go on when the database is reopened. Thread-safe.
class rocks_counters final : public rocksdb::Statistics {
  public:
    rocks_counters();

    // -- called by RocksDB ----------------------------------------------------------------------------------

    [[nodiscard]] const char* Name() const override { return "labstore"; }

    void recordTick(std::uint32_t ticker, std::uint64_t count) override;
    [[nodiscard]] std::uint64_t getTickerCount(std::uint32_t ticker) const override;
    /// Nothing that RocksDB does for us sets or resets a count: ours never go back.
    void setTickerCount(std::uint32_t ticker, std::uint64_t count) override;
    std::uint64_t getAndResetTickerCount(std::uint32_t ticker) override;
    void histogramData(std::uint32_t type, rocksdb::HistogramData* data) const override;
    void recordInHistogram(std::uint32_t type, std::uint64_t value) override;

    [[nodiscard]] bool HistEnabledForType(std::uint32_t type) const override {
        return type == rocksdb::WAL_FILE_SYNC_MICROS;
    }

    // -- for the store --------------------------------------------------------------------------------------

    /// RocksDB times the syncs of writes only; this is for those that are asked for.
    void observe_log_sync(std::chrono::nanoseconds time) noexcept { log_sync_seconds_.observe(time); }

    /// The counts.
    void fill(engine_stats& out) const;

  private:
    static constexpr std::uint8_t unwanted = 0xff;

    std::array<std::uint8_t, rocksdb::TICKER_ENUM_MAX> place_of_;
    std::array<metrics::counter, 7> counts_;
    metrics::histogram log_sync_seconds_{metrics::sync_bounds()};
};

/// What the open database says of its present state. Takes RocksDB's mutex several times, never the disk.
void fill_state(rocksdb::DB& db, engine_stats& out);

}  // namespace labstore::meta
