// What object locks allow. Time is the server's wall clock: one that runs ahead ends retentions early, one that is behind
// ends them late.
#pragma once

#include "labstore/storage/types.hpp"
#include "storage/object_view.hpp"
#include "storage/records/records.pb.h"

namespace labstore::storage {

[[nodiscard]] object_lock to_lock(std::uint32_t mode, std::int64_t until_ns, std::uint32_t legal_hold);

/// Of an object or an upload.
template <typename Record>
[[nodiscard]] object_lock lock_of(const Record& record) {
    return to_lock(record.retention_mode(), record.retain_until_ns(), record.legal_hold());
}

template <typename Record>
void set_lock(Record& record, const object_lock& lock) {
    record.set_retention_mode(lock.retention ? static_cast<std::uint32_t>(lock.retention->mode) : 0);
    record.set_retain_until_ns(lock.retention ? lock.retention->until.time_since_epoch().count() : 0);
    record.set_legal_hold(lock.legal_hold ? 1U + static_cast<std::uint32_t>(*lock.legal_hold) : 0U);
}

/// invalid_request for a lock in a bucket without object lock.
[[nodiscard]] result<void> check_lock(const object_lock& lock, const bucket_info& bucket);

/// Adds the bucket's default retention where `record` has none of its own that is not over. Counted from now, but not
/// from before the bucket was made: a machine that starts with its clock at the epoch would make retentions that are over.
void add_default_lock(records::object& record, const bucket_info& bucket, wall_time now);

/// May this version be removed for ever? Delete markers always may.
[[nodiscard]] bool lock_allows_removal(const records::object& record, wall_time now, bool bypass_governance);

}  // namespace labstore::storage
