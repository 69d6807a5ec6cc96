#pragma once

#include "profiling/stack_table.hpp"

#include <array>
#include <span>

namespace labstore::profiling {

using stack_room = std::array<void*, stack_table::depth_max>;

/// The stack of the caller, leaf first, without the innermost `skip` functions. Never allocates.
[[nodiscard]] std::span<void* const> walk_stack(stack_room& room, int skip) noexcept;

/// In a signal handler: the stack that was interrupted. `context` is the handler's third argument.
[[nodiscard]] std::span<void* const> walk_interrupted_stack(stack_room& room, const void* context) noexcept;

}  // namespace labstore::profiling
