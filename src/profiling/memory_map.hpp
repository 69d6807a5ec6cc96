#pragma once

#include "labstore/profiling/profile.hpp"

#include <string_view>

namespace labstore::profiling {

/// The executable parts of files in a text of the form of /proc/self/maps, in its order, without build ids.
/// Lines of another form are left out.
[[nodiscard]] std::vector<code_mapping> parse_memory_map(std::string_view text);

/// Those of this process, with the build ids.
[[nodiscard]] std::vector<code_mapping> read_memory_map();

}  // namespace labstore::profiling
