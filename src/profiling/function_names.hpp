#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace labstore::profiling {

/// Like `function_names`, as the linker has them.
[[nodiscard]] std::vector<std::string> linker_names(std::span<const std::uint64_t> addresses);

}  // namespace labstore::profiling
