#pragma once

#include "labstore/base.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The text forms of values: what a flag, a variable and a file may say, and how a value is written back.
namespace labstore::config {

/// "65536", "64KiB", "5 TiB": binary units only; nullopt otherwise or past 2^64.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);
/// With the largest unit that leaves a whole number.
[[nodiscard]] std::string format_size(std::uint64_t size_bytes);

/// "250ms", "30s", "15m", "168h": the unit is never left out.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
[[nodiscard]] std::string format_duration(std::chrono::milliseconds duration);

/// on, true, yes, 1 and off, false, no, 0; case does not matter.
[[nodiscard]] std::optional<bool> parse_boolean(std::string_view text);

/// A decimal fraction such as 0.5.
[[nodiscard]] std::optional<double> parse_fraction(std::string_view text);
[[nodiscard]] std::string format_fraction(double value);

/// Comma separated, each trimmed, empty ones left out.
[[nodiscard]] std::vector<std::string> parse_list(std::string_view text);
[[nodiscard]] std::string format_list(const std::vector<std::string>& items);

/// The value in quotes for a message, cut when it is long, controls replaced.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace labstore::config
