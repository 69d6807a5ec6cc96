// What the profiling listener reads of anybody: queries and lists of addresses. What is taken lies within its limits;
// a complaint comes with nothing filled.
#include "admin/pprof_query.hpp"
#include "admin/pprof_text.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

using namespace labstore::admin;

void require(bool holds) {
    if (!holds)
        std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto [asked, complaint] = parse_capture_query(text);
    if (!complaint.empty())
        require(!asked.seconds && !asked.base && !asked.id && !asked.legacy && asked.kind == "cpu");
    if (asked.seconds)
        require(asked.seconds->count() >= 1 && *asked.seconds <= capture_time_max);
    require(
        asked.kind == "cpu" || asked.kind == "heap" || asked.kind == "allocs" || asked.kind == "growth" ||
        asked.kind == "contention"
    );
    require(parse_addresses(text).size() <= size / 3 + 1);
    return 0;
}
