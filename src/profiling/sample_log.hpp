#pragma once

#include "labstore/base.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What gperftools' sampler writes: machine words, then the process's memory map as text.
///
///     0, 3, 0, period in microseconds, 0          head
///     count, depth, address * depth               one record for each stack; the leaf stands first
///     0, 1, 0                                     end
///     lines of /proc/self/maps
namespace labstore::profiling {

struct stack_sample {
    std::uint64_t count = 0;
    std::vector<std::uint64_t> addresses;  // leaf first; the others are return addresses
};

struct code_mapping {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t offset = 0;  // in the file
    std::string file;
};

struct sample_log {
    std::uint64_t period_microseconds = 0;
    std::vector<stack_sample> samples;
    std::vector<code_mapping> mappings;  // executable ones, in the order of the map
};

/// corrupt when the text is not of this form.
[[nodiscard]] result<sample_log> parse_sample_log(std::string_view bytes);

}  // namespace labstore::profiling
