#include "server/index_readings.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace labstore::server::readings {
namespace {

/// The levels of a RocksDB database in its default shape.
constexpr std::size_t index_levels = 7;

void add_commit_readings(readings_of<meta::stats> index) {
    index.add(
        counter, "labstore_index_batches_total", "Batches applied to the index.", &meta::stats::batches
    );
    index.add(
        counter,
        "labstore_index_conflicts_total",
        "Batches whose preconditions did not hold.",
        &meta::stats::conflicts
    );
    constexpr auto lookups = "labstore_index_lookups_total";
    constexpr auto lookups_help = "Rows looked up, by whether that had to wait for the device.";
    index.add(counter, lookups, lookups_help, &meta::stats::lookups_cached, {{"from", "memory"}});
    index.add(counter, lookups, lookups_help, &meta::stats::lookups_from_device, {{"from", "device"}});
    const labels series{{"store", "index"}};
    index.add_distribution(group_size_name, group_size_help, &meta::stats::group_sizes, series);
    index.add_distribution(commit_name, commit_help, &meta::stats::commit_seconds, series);
}

/// Fields of what RocksDB says, as of the statistics they are in.
template <typename Field>
auto of_engine(Field meta::engine_stats::*field) {
    return [field](const meta::stats& index) -> const Field& {
        return index.engine.*field;
    };
}

struct engine_row {
    registry::kind what;
    const char* name;
    const char* help;
    std::uint64_t meta::engine_stats::*field;
};

using engine = meta::engine_stats;

// clang-format off
constexpr std::array engine_rows{
    engine_row{gauge, "labstore_index_rows", "Rows of the index, estimated.", &engine::rows_estimate},
    engine_row{gauge, "labstore_rocksdb_block_cache_bytes", "Used by the block cache.", &engine::block_cache_bytes},
    engine_row{gauge, "labstore_rocksdb_block_cache_max_bytes", "Its limit.", &engine::block_cache_bytes_max},
    engine_row{counter, "labstore_rocksdb_block_cache_hits_total", "Blocks found there.", &engine::block_cache_hits},
    engine_row{counter, "labstore_rocksdb_block_cache_misses_total", "Blocks not found there.", &engine::block_cache_misses},
    engine_row{gauge, "labstore_rocksdb_memory_table_bytes", "Used by memory tables.", &engine::memory_table_bytes},
    engine_row{gauge, "labstore_rocksdb_memory_tables_waiting", "Full ones to be flushed.", &engine::memory_tables_waiting},
    engine_row{gauge, "labstore_rocksdb_table_reader_bytes", "Used by open tables outside the block cache.", &engine::table_reader_bytes},
    engine_row{counter, "labstore_rocksdb_log_written_bytes_total", "Written to the log.", &engine::log_bytes},
    engine_row{counter, "labstore_rocksdb_flush_written_bytes_total", "Written from memory tables.", &engine::flush_bytes},
    engine_row{counter, "labstore_rocksdb_compaction_read_bytes_total", "Read by compaction.", &engine::compaction_read_bytes},
    engine_row{counter, "labstore_rocksdb_compaction_written_bytes_total", "Written by compaction.", &engine::compaction_written_bytes},
    engine_row{gauge, "labstore_rocksdb_compaction_pending_bytes", "To be rewritten, estimated.", &engine::compaction_pending_bytes},
    engine_row{gauge, "labstore_rocksdb_compactions_running", "Compactions under way.", &engine::compactions_running},
    engine_row{gauge, "labstore_rocksdb_flushes_running", "Flushes under way.", &engine::flushes_running},
};

// clang-format on

void add_rocksdb_readings(readings_of<meta::stats> index) {
    for (const auto& each : engine_rows)
        index.add(each.what, each.name, each.help, of_engine(each.field));
    index.add(
        counter,
        "labstore_rocksdb_stall_seconds_total",
        "Time for which writes were held back.",
        [](const meta::stats& seen) { return static_cast<double>(seen.engine.stall_microseconds) / 1e6; }
    );
    index.add(
        gauge,
        "labstore_rocksdb_writes_stopped",
        "1 while RocksDB takes no writes.",
        of_engine(&meta::engine_stats::writes_stopped)
    );
    for (std::size_t level = 0; level < index_levels; ++level) {
        const labels series{{"level", std::to_string(level)}};
        const auto of_level = [level](std::vector<std::uint64_t> meta::engine_stats::*field) {
            return [level, field](const meta::stats& seen) {
                const auto& by_level = seen.engine.*field;
                return level < by_level.size() ? by_level[level] : 0;
            };
        };
        index.add(
            gauge,
            "labstore_rocksdb_files",
            "Table files by level.",
            of_level(&meta::engine_stats::level_files),
            series
        );
        index.add(
            gauge,
            "labstore_rocksdb_file_bytes",
            "Their bytes.",
            of_level(&meta::engine_stats::level_bytes),
            series
        );
    }
    index.add_distribution(
        sync_name, sync_help, of_engine(&meta::engine_stats::log_sync_seconds), {{"file", "log"}}
    );
}

}  // namespace

void add_index_readings(readings_of<meta::stats> index) {
    add_commit_readings(index);
    add_rocksdb_readings(index);
}

}  // namespace labstore::server::readings
