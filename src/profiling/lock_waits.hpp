#pragma once

#include "labstore/profiling/profile.hpp"

namespace labstore::profiling {

/// Begins to count waits for the mutexes of base. Once.
void start_watching_locks();

/// Waits and nanoseconds by stack since then.
[[nodiscard]] std::vector<raw_sample> lock_waits(std::uint64_t& lost);

}  // namespace labstore::profiling
