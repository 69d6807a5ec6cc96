#pragma once

#include "profiling/sample_log.hpp"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace labstore::profiling {

/// Names for addresses, in order; empty where none is known.
using name_source = std::function<std::vector<std::string>(std::span<const std::uint64_t>)>;

/// The samples as pprof's own message (github.com/google/pprof/proto/profile.proto), uncompressed, with the
/// names of functions inside: it can be read on a machine that has neither the program nor its debug
/// information. Names are looked up one byte before a return address, which may already belong to the next
/// function.
[[nodiscard]] std::string encode_pprof(const sample_log& log, const name_source& names);

}  // namespace labstore::profiling
