#include "meta/rocks.hpp"

#include "labstore/observability.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdarg>
#include <cstdio>

namespace labstore::meta {
namespace {

/// Bounded, so that a large index neither opens every table at start nor keeps a descriptor for each.
constexpr int open_files_max = 512;

/// RocksDB's own messages, from warnings up, as lines of our log: no second log file that nobody reads or
/// rotates.
class log_bridge final : public rocksdb::Logger {
  public:
    log_bridge() : Logger(rocksdb::WARN_LEVEL) {}

    using Logger::Logv;

    void Logv(const char* format, va_list arguments) override {
        Logv(rocksdb::WARN_LEVEL, format, arguments);
    }

    void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
        const bool error = level >= rocksdb::ERROR_LEVEL && level < rocksdb::HEADER_LEVEL;
        const auto severity = error ? log::level::error : log::level::warn;
        if (level < rocksdb::WARN_LEVEL || level >= rocksdb::HEADER_LEVEL || !log::enabled(severity))
            return;
        std::array<char, 1024> text;
        const int size = std::vsnprintf(text.data(), text.size(), format, arguments);
        const auto shown = std::min(static_cast<std::size_t>(std::max(size, 0)), text.size() - 1);
        log::write(severity, "rocksdb", {{"message", std::string_view(text.data(), shown)}});
    }
};

rocksdb::CompressionType best_compression() {
    const auto built_in = rocksdb::GetSupportedCompressions();
    const bool lz4 = std::find(built_in.begin(), built_in.end(), rocksdb::kLZ4Compression) != built_in.end();
    return lz4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
}

/// RocksDB's own rule makes parts of 512 KiB, which a few blocks fill.
std::uint64_t default_shards(std::uint64_t cache_bytes) {
    constexpr std::uint64_t shard_bytes = 4 * MiB;
    constexpr std::uint64_t shards_max = 64;
    return std::clamp<std::uint64_t>(cache_bytes / shard_bytes, 1, shards_max);
}

std::shared_ptr<rocksdb::TableFactory> table_factory(const options& settings) {
    rocksdb::BlockBasedTableOptions table;
    const auto shards = settings.block_cache_shards != 0 ? std::uint64_t{settings.block_cache_shards}
                                                         : default_shards(settings.block_cache_bytes);
    table.block_cache =
        rocksdb::NewLRUCache(settings.block_cache_bytes, static_cast<int>(std::bit_width(shards - 1)));
    // Index and filter blocks count against the same bound; those of the newest level are read by every
    // lookup. A table's index in one piece has megabytes, and one that finds no room is read and unpacked again for each
    // lookup; in pieces of 4 KiB only those that are asked for need to be there, below a small one that stays.
    table.cache_index_and_filter_blocks = true;
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
    table.partition_filters = true;
    table.metadata_block_size = 4 * KiB;
    table.pin_top_level_index_and_filter = true;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.whole_key_filtering = true;
    table.format_version = 5;
    table.checksum = rocksdb::kXXH3;
    return std::shared_ptr<rocksdb::TableFactory>(rocksdb::NewBlockBasedTableFactory(table));
}

void set_durability(rocksdb::Options& made) {
    // A power cut may leave a torn record at the end of the log. What was acknowledged was synced and lies
    // before it.
    made.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    // Logs are not recycled: RocksDB 7.8 switches that off by itself under point-in-time recovery, because
    // stale records behind the end could leave a hole.
    made.recycle_log_file_num = 0;
    // A log that was complete and synced must still be there, in its full length, when the database is
    // opened.
    made.track_and_verify_wals_in_manifest = true;
    made.paranoid_checks = true;
    made.avoid_flush_during_shutdown = false;
    // Recovered rows are written to synced tables: a log read back from the page cache may not be on the
    // disk.
    made.avoid_flush_during_recovery = false;
    made.allow_mmap_reads = false;
    made.allow_mmap_writes = false;
    // Resuming is the database's decision, see error_listener.
    made.max_bgerror_resume_count = 0;
}

void set_resources(rocksdb::Options& made, const options& settings) {
    made.write_buffer_size = settings.memtable_bytes;
    // Also the bound of the log that a start must replay: logs live as long as the memory tables they back.
    made.max_write_buffer_number = 3;
    made.max_open_files = open_files_max;
    made.max_background_jobs = 2;
    made.bytes_per_sync = 1 * MiB;
    made.compression = best_compression();
    made.level_compaction_dynamic_level_bytes = true;
    // One committer writes; without concurrent inserts the memory table needs no atomics.
    made.allow_concurrent_memtable_write = false;
    made.enable_write_thread_adaptive_yield = false;
    // A listing over many deleted rows would walk their tombstones: tables full of them are compacted early.
    made.table_properties_collector_factories = {rocksdb::NewCompactOnDeletionCollectorFactory(4096, 2048)};
    // No periodic statistics: nobody reads them, and they wake a thread.
    made.stats_dump_period_sec = 0;
    made.stats_persist_period_sec = 0;
}

}  // namespace

errc read_errc(const rocksdb::Status& status) noexcept {
    return status.IsCorruption() ? errc::corrupt : errc::fatal;
}

bool is_out_of_space(const rocksdb::Status& status) noexcept {
    return status.IsNoSpace() || status.subcode() == rocksdb::Status::SubCode::kSpaceLimit;
}

void error_listener::OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) {
    using reason_type = rocksdb::BackgroundErrorReason;
    // A soft error (a compaction without room) leaves the database writable.
    const bool stops = error->severity() >= rocksdb::Status::Severity::kHardError || !is_out_of_space(*error);
    log::write(
        stops ? log::level::error : log::level::warn,
        "index background error",
        {{"reason", static_cast<int>(reason)}, {"status", error->ToString()}, {"stops_writes", stops}}
    );
    if (!stops)
        return;
    if (reason == reason_type::kWriteCallback || reason == reason_type::kMemTable ||
        reason == reason_type::kManifestWrite)
        log_suspect_.store(true);
    if (!is_out_of_space(*error)) {
        state_.store(state::fatal);
        return;
    }
    auto expected = state::none;
    state_.compare_exchange_strong(expected, state::out_of_space);
}

void error_listener::OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* automatic) {
    *automatic = false;
}

void error_listener::reset() noexcept {
    state_.store(state::none);
    log_suspect_.store(false);
}

rocksdb::Options rocks_options(
    const options& settings,
    std::shared_ptr<error_listener> listener,
    std::shared_ptr<rocksdb::Statistics> counters,
    rocksdb::Env& env
) {
    rocksdb::Options made;
    made.env = &env;
    made.create_if_missing = true;
    made.table_factory = table_factory(settings);
    made.info_log = std::make_shared<log_bridge>();
    made.info_log_level = rocksdb::WARN_LEVEL;
    made.statistics = std::move(counters);
    if (listener)
        made.listeners.push_back(std::move(listener));
    set_durability(made);
    set_resources(made, settings);
    return made;
}

rocksdb::ReadOptions read_options(rocksdb::ReadTier tier) {
    rocksdb::ReadOptions made;
    made.read_tier = tier;
    made.verify_checksums = true;
    return made;
}

}  // namespace labstore::meta
