#pragma once

#include "labstore/base/mutex.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace labstore::storage {

/// Which partitions have clean-up rows, so that the loop scans those only. Memory grows with the buckets that
/// have something to clean up, never with the rows. Counts are hints: a partition leaves the ledger only when
/// a scan from its start found nothing and nothing was added meanwhile. Thread-safe.
class clean_up_ledger {
  public:
    struct account {
        std::uint64_t partition = 0;
        bool dead = false;   // its bucket is gone: forget the partition when it is empty
        std::string cursor;  // every row up to here is done
        std::uint64_t additions = 0;
        std::chrono::steady_clock::time_point full_scan_due;
    };

    /// One clean-up row was committed.
    void added(std::uint64_t partition);
    /// There may be rows from before; `dead` when the bucket is gone.
    void may_have_rows(std::uint64_t partition, bool dead);

    [[nodiscard]] std::vector<account> open_accounts() const;
    /// Keeps where a scan stood and takes what it finished off the count.
    void progressed(const account& after, std::uint64_t rows_done);
    /// A scan from the start found no row. False when one was added since `seen` was taken.
    bool close(const account& seen);

    /// Rows known to wait.
    [[nodiscard]] std::uint64_t pending() const;

  private:
    struct state {
        account shown;
        std::int64_t rows = 0;
    };

    mutable labstore::mutex mutex_;
    std::map<std::uint64_t, state> partitions_;
};

}  // namespace labstore::storage
