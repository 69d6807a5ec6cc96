#pragma once

#include "labstore/base.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

/// What a capture found, in two steps: as addresses, then with names. Plain values.
namespace labstore::profiling {

/// What one of a sample's numbers counts, in pprof's words: "cpu" in "nanoseconds".
struct value_type {
    std::string type;
    std::string unit;
};

/// One stack and what was counted there.
struct raw_sample {
    std::vector<std::uint64_t> addresses;  // leaf first; the others are return addresses
    std::vector<std::int64_t> values;      // one for each type
    std::string operation;                 // of the work label; empty when there was none
    std::string bucket;
};

/// Samples by address. Only this process can name them.
struct raw_profile {
    std::string kind;  // "cpu", "heap", "allocs", "growth", "contention"
    std::vector<value_type> types;
    value_type period_type;
    std::int64_t period = 0;
    std::chrono::system_clock::time_point time;  // when the capture began
    std::chrono::nanoseconds duration{0};
    std::vector<raw_sample> samples;
    std::uint64_t lost = 0;  // stacks that found no room
};

/// An executable part of a file in memory.
struct code_mapping {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t offset = 0;  // in the file
    std::string file;
    std::string build_id;  // hex digits; empty when the file has none
};

struct function {
    std::string name;         // for people: no parameters, long template arguments and "labstore::" folded
    std::string system_name;  // as the linker has it
};

inline constexpr std::uint32_t no_index = ~std::uint32_t{0};

struct location {
    std::uint64_t address = 0;          // inside the call, for frames that are not the leaf
    std::uint32_t mapping = no_index;   // into profile::mappings
    std::uint32_t function = no_index;  // into profile::functions
};

struct sample {
    std::vector<std::uint32_t> locations;  // into profile::locations, leaf first
    std::vector<std::int64_t> values;
    std::string operation;
    std::string bucket;
    std::string station;  // see `station_of`; "s3:PutObject" where the operation is known
};

/// A profile that explains itself on any machine.
struct profile {
    std::string kind;
    std::vector<value_type> types;
    std::string default_type;  // of `types`
    value_type period_type;
    std::int64_t period = 0;
    std::chrono::system_clock::time_point time;
    std::chrono::nanoseconds duration{0};
    std::vector<sample> samples;
    std::vector<location> locations;
    std::vector<function> functions;
    std::vector<code_mapping> mappings;
    std::vector<std::string> comments;

    /// The name of a location; without one, its file in brackets or its address in hex.
    [[nodiscard]] std::string name_of(std::uint32_t location) const;
    /// What the samples come to, of the default type.
    [[nodiscard]] std::int64_t total() const;
    [[nodiscard]] std::size_t default_index() const noexcept;
};

/// What was counted in `after` and not yet in `before`; stacks without a difference are left out. Negative
/// where less is alive than was. Both are of one kind.
[[nodiscard]] raw_profile difference(raw_profile after, const raw_profile& before);

/// Finds names and stations. Blocks on the program's own file; tens of milliseconds for a large binary.
[[nodiscard]] profile name_profile(const raw_profile& raw);

/// pprof's message (github.com/google/pprof/proto/profile.proto), gzip'd, with the labels `operation`,
/// `bucket`, `station`.
[[nodiscard]] std::string encode_pprof(const profile& named);

/// The form of gperftools that older viewers read: binary for "cpu", text for the others. Labels and names are
/// not part of it.
[[nodiscard]] std::string encode_legacy(const profile& named);

/// {"kind", "type", "unit", "seconds", "total", "names": [...], "samples": [[value, operation, station,
/// [frames, root first]], ...]} of the default type, frames, operations and stations as places in `names`. What
/// the flame graph page draws. `<` is escaped, so that it may stand inside a page's script.
[[nodiscard]] std::string encode_flames(const profile& named);

}  // namespace labstore::profiling
