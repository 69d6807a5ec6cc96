#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace labstore::admin {

inline constexpr std::chrono::seconds capture_time_standard{30};
inline constexpr std::chrono::seconds allocs_time_standard{10};
inline constexpr std::chrono::seconds capture_time_max{600};

/// What the query of a profiling request may ask. Other names are ignored, since viewers send their own.
struct capture_query {
    std::optional<std::chrono::seconds> seconds;  // 1 to 600
    bool legacy = false;                          // format=legacy or debug=1: gperftools' own form
    std::string kind = "cpu";                     // kind=cpu, heap, allocs, growth or contention
    std::optional<std::uint64_t> base;            // an earlier capture to compare with
    std::optional<std::uint64_t> id;              // an earlier capture instead of a new one
};

/// Reads a raw query. A value that is not of its form, or a known name that comes twice, is a complaint in one
/// sentence, and nothing is filled.
struct parsed_query {
    capture_query asked;
    std::string complaint;  // empty: fine
};

[[nodiscard]] parsed_query parse_capture_query(std::string_view query);

}  // namespace labstore::admin
