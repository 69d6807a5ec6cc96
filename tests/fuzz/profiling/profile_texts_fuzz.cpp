// Texts that profiles are made of: the allocator's samples, the memory map, names of functions. Names that differ only
// in what is folded stay names; nothing that is counted is negative.
#include "profiling/heap_text.hpp"
#include "profiling/memory_map.hpp"
#include "profiling/readable_name.hpp"
#include "profiling/station.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace labstore::profiling;

void require(bool holds) {
    if (!holds)
        std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto samples = parse_heap_text(text))
        for (const raw_sample& one : *samples)
            require(one.values.size() == 2 && one.values[0] >= 0 && one.values[1] >= 0);
    for (const code_mapping& one : parse_memory_map(text))
        require(one.file.starts_with('/'));
    const std::string name = readable_name(text);
    require(!name.empty() || text.empty());
    require(name.size() <= text.size() + 16);
    const std::string full = demangled(text.substr(0, 256));
    require(!readable_name(full).empty() || full.empty());
    const std::array<std::string_view, 1> names{name};
    require(!station_of(names).empty());
    return 0;
}
