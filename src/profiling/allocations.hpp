#pragma once

#include "labstore/profiling/profile.hpp"

namespace labstore::profiling {

/// One allocation in so many bytes is looked at, on average.
inline constexpr std::int64_t allocation_period_bytes = 512 * 1024;

/// Begins to sample. Once.
void start_allocation_sampling();

/// Live objects and their bytes by stack, scaled up to all of them. not_implemented without tcmalloc.
[[nodiscard]] result<std::vector<raw_sample>> live_allocations();

/// The same of everything allocated since the sampling began, whether freed or not.
[[nodiscard]] result<std::vector<raw_sample>> all_allocations(std::uint64_t& lost);

/// Where the allocator asked the system for memory: times and bytes by stack, exact, since the process began.
[[nodiscard]] result<std::vector<raw_sample>> heap_growth();

/// What `objects` sampled objects of `bytes` stand for: an object is sampled the likelier the larger it is.
void scale_to_all(std::int64_t& objects, std::int64_t& bytes) noexcept;

}  // namespace labstore::profiling
