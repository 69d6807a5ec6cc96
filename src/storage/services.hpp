#pragma once

#include "labstore/storage.hpp"
#include "storage/bucket_directory.hpp"
#include "storage/clean_up_ledger.hpp"
#include "storage/token_table.hpp"

#include <array>
#include <atomic>
#include <cstdint>

namespace labstore::storage {

/// See lifecycle_counts.
struct lifecycle_counters {
    std::array<std::atomic<std::uint64_t>, lifecycle_actions> done{};
    std::atomic<std::uint64_t> refused{0};
    std::atomic<std::uint64_t> rows_visited{0};
    std::atomic<std::uint64_t> rows_stale{0};
    std::atomic<std::uint64_t> rows_built{0};
    std::atomic<std::uint64_t> lag_seconds{0};

    void count(lifecycle_action action) {
        done[static_cast<std::size_t>(action)].fetch_add(1, std::memory_order_relaxed);
    }
};

/// What every part of the engine stands on. Lives as long as the engine; referenced by its coroutines,
/// readers and streams.
struct services {
    options settings;
    meta::store& index;
    blob::store& blobs;
    const clock& time;
    runtime::blocking_pool& pool;
    bucket_directory buckets;
    token_table tokens;
    clean_up_ledger clean_ups;
    std::atomic<std::uint64_t> unknown_outcomes{0};
    lifecycle_counters lifecycle;

    services(
        options settings_,
        meta::store& index_,
        blob::store& blobs_,
        const clock& time_,
        runtime::blocking_pool& pool_
    )
        : settings(settings_), index(index_), blobs(blobs_), time(time_), pool(pool_) {}
};

[[nodiscard]] inline meta::partition_id partition_of(const bucket_info& bucket) noexcept {
    return meta::partition_id{bucket.id};
}

}  // namespace labstore::storage
