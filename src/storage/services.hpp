#pragma once

#include "labstore/storage.hpp"
#include "storage/bucket_directory.hpp"
#include "storage/clean_up_ledger.hpp"
#include "storage/token_table.hpp"

#include <atomic>
#include <cstdint>

namespace labstore::storage {

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
