#pragma once

#include "labstore/profiling/profile.hpp"

namespace labstore::profiling {

/// One allocation in so many bytes is looked at, on average: for what is alive, all the time; for all that is
/// allocated, while somebody watches.
inline constexpr std::int64_t live_period_bytes = 512 * 1024;
inline constexpr std::int64_t allocs_period_bytes = 512 * 1024;

/// Begins to sample what is alive.
void start_allocation_sampling();

/// Begins and ends sampling all allocations; calls nest.
void watch_allocations();
void unwatch_allocations();

/// Live objects and their bytes by stack, scaled up to all of them. not_implemented without tcmalloc.
[[nodiscard]] result<std::vector<raw_sample>> live_allocations();

/// The same of everything allocated while somebody watched, whether freed or not.
[[nodiscard]] result<std::vector<raw_sample>> all_allocations(std::uint64_t& lost);

/// Where the allocator asked the system for memory: times and bytes by stack, exact, since the process began.
[[nodiscard]] result<std::vector<raw_sample>> heap_growth();

/// What `objects` sampled objects of `bytes` stand for, when one in `period_bytes` was sampled: an object is the
/// likelier seen the larger it is.
void scale_to_all(std::int64_t& objects, std::int64_t& bytes, std::int64_t period_bytes) noexcept;

}  // namespace labstore::profiling
