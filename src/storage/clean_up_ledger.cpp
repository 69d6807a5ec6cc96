#include "storage/clean_up_ledger.hpp"

#include <algorithm>

namespace labstore::storage {

void clean_up_ledger::added(std::uint64_t partition) {
    const std::lock_guard lock(mutex_);
    auto& found = partitions_[partition];
    found.shown.partition = partition;
    ++found.shown.additions;
    ++found.rows;
}

void clean_up_ledger::may_have_rows(std::uint64_t partition, bool dead) {
    const std::lock_guard lock(mutex_);
    auto& found = partitions_[partition];
    found.shown.partition = partition;
    found.shown.dead = found.shown.dead || dead;
    found.shown.cursor.clear();
    ++found.shown.additions;
}

std::vector<clean_up_ledger::account> clean_up_ledger::open_accounts() const {
    const std::lock_guard lock(mutex_);
    std::vector<account> out;
    out.reserve(partitions_.size());
    for (const auto& [partition, found] : partitions_)
        out.push_back(found.shown);
    return out;
}

void clean_up_ledger::progressed(const account& after, std::uint64_t rows_done) {
    const std::lock_guard lock(mutex_);
    const auto found = partitions_.find(after.partition);
    if (found == partitions_.end())
        return;
    found->second.shown.cursor = after.cursor;
    found->second.shown.full_scan_due = after.full_scan_due;
    found->second.rows -= static_cast<std::int64_t>(rows_done);
}

bool clean_up_ledger::close(const account& seen) {
    const std::lock_guard lock(mutex_);
    const auto found = partitions_.find(seen.partition);
    if (found == partitions_.end())
        return true;
    if (found->second.shown.additions != seen.additions || found->second.shown.dead != seen.dead) {
        found->second.shown.cursor.clear();
        return false;
    }
    partitions_.erase(found);
    return true;
}

std::uint64_t clean_up_ledger::pending() const {
    const std::lock_guard lock(mutex_);
    std::int64_t rows = 0;
    for (const auto& [partition, found] : partitions_)
        rows += std::max<std::int64_t>(found.rows, 0);
    return static_cast<std::uint64_t>(rows);
}

}  // namespace labstore::storage
