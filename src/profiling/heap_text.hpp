#pragma once

#include "labstore/profiling/profile.hpp"

#include <string_view>

namespace labstore::profiling {

/// What gperftools' allocator writes about its heap:
///
///     heap profile:  170: 1217576 [  170: 1217576] @ heap_v2/524288       or "@ growth"
///          1:  1000 [    1:  1000] @ 0x7f2e41839210 0x55f46dc6b241         objects, bytes, the same again; stack
///
/// Equal stacks become one sample of objects and bytes. corrupt when the first line is not of this form; a line
/// that is not ends the list, as the memory map does that may follow.
[[nodiscard]] result<std::vector<raw_sample>> parse_heap_text(std::string_view text);

}  // namespace labstore::profiling
