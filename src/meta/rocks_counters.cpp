#include "meta/rocks_counters.hpp"

#include <rocksdb/metadata.h>

namespace labstore::meta {
namespace {

constexpr std::array<std::uint32_t, 7> wanted{
    rocksdb::BLOCK_CACHE_HIT,
    rocksdb::BLOCK_CACHE_MISS,
    rocksdb::WAL_FILE_BYTES,
    rocksdb::FLUSH_WRITE_BYTES,
    rocksdb::COMPACT_READ_BYTES,
    rocksdb::COMPACT_WRITE_BYTES,
    rocksdb::STALL_MICROS};

}  // namespace

rocks_counters::rocks_counters() {
    place_of_.fill(unwanted);
    for (std::size_t i = 0; i < wanted.size(); ++i)
        place_of_[wanted[i]] = static_cast<std::uint8_t>(i);
    // Above kExceptTimers a clock is read for the histograms that are enabled, which is one.
    set_stats_level(rocksdb::StatsLevel::kExceptDetailedTimers);
}

void rocks_counters::recordTick(std::uint32_t ticker, std::uint64_t count) {
    if (ticker < place_of_.size() && place_of_[ticker] != unwanted)
        counts_[place_of_[ticker]].add(count);
}

std::uint64_t rocks_counters::getTickerCount(std::uint32_t ticker) const {
    const bool known = ticker < place_of_.size() && place_of_[ticker] != unwanted;
    return known ? counts_[place_of_[ticker]].value() : 0;
}

void rocks_counters::setTickerCount(std::uint32_t, std::uint64_t) {}

std::uint64_t rocks_counters::getAndResetTickerCount(std::uint32_t ticker) {
    return getTickerCount(ticker);
}

void rocks_counters::histogramData(std::uint32_t, rocksdb::HistogramData* data) const {
    *data = {};
}

void rocks_counters::recordInHistogram(std::uint32_t type, std::uint64_t value) {
    if (type == rocksdb::WAL_FILE_SYNC_MICROS)
        observe_log_sync(std::chrono::microseconds(value));
}

void rocks_counters::fill(engine_stats& out) const {
    out.block_cache_hits = getTickerCount(rocksdb::BLOCK_CACHE_HIT);
    out.block_cache_misses = getTickerCount(rocksdb::BLOCK_CACHE_MISS);
    out.log_bytes = getTickerCount(rocksdb::WAL_FILE_BYTES);
    out.flush_bytes = getTickerCount(rocksdb::FLUSH_WRITE_BYTES);
    out.compaction_read_bytes = getTickerCount(rocksdb::COMPACT_READ_BYTES);
    out.compaction_written_bytes = getTickerCount(rocksdb::COMPACT_WRITE_BYTES);
    out.stall_microseconds = getTickerCount(rocksdb::STALL_MICROS);
    out.log_sync_seconds = log_sync_seconds_.value();
}

void fill_state(rocksdb::DB& db, engine_stats& out) {
    using properties = rocksdb::DB::Properties;
    const auto read = [&db](const std::string& name) {
        std::uint64_t value = 0;
        db.GetIntProperty(name, &value);
        return value;
    };
    out.rows_estimate = read(properties::kEstimateNumKeys);
    out.block_cache_bytes = read(properties::kBlockCacheUsage);
    out.block_cache_bytes_max = read(properties::kBlockCacheCapacity);
    out.memory_table_bytes = read(properties::kSizeAllMemTables);
    out.memory_tables_waiting = read(properties::kNumImmutableMemTable);
    out.table_reader_bytes = read(properties::kEstimateTableReadersMem);
    out.compaction_pending_bytes = read(properties::kEstimatePendingCompactionBytes);
    out.compactions_running = read(properties::kNumRunningCompactions);
    out.flushes_running = read(properties::kNumRunningFlushes);
    out.writes_stopped = read(properties::kIsWriteStopped) != 0;
    rocksdb::ColumnFamilyMetaData tables;
    db.GetColumnFamilyMetaData(&tables);
    for (const auto& level : tables.levels) {
        out.level_files.push_back(level.files.size());
        out.level_bytes.push_back(level.size);
    }
}

}  // namespace labstore::meta
