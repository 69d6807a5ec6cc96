// What is counted while a run goes.
#pragma once

#include "labstore/load/report.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace labstore::load {

/// Of one kind of operation. One thread.
struct operation_tally {
    histogram latencies;
    std::uint64_t errors = 0;
    std::uint64_t bytes = 0;

    void add(const operation_tally& other) noexcept;
};

/// All of one thread, or of all threads together after the run.
struct tally {
    std::array<operation_tally, operation_kinds> kinds;
    std::map<std::string, std::uint64_t> errors;
    std::uint64_t unserved = 0;

    void add(const tally& other);
};

/// What has happened since it was last taken: threads put in, the one that reports takes out. Thread-safe; the lock is held
/// for adding one histogram, some twenty times a second and thread.
class live_board {
  public:
    struct figures {
        histogram latencies;
        std::uint64_t errors = 0;
        std::uint64_t bytes = 0;
    };

    void put(const figures& part);
    [[nodiscard]] figures take();

  private:
    std::mutex mutex_;
    figures sum_;  // under mutex_
};

}  // namespace labstore::load
