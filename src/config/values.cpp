#include "config/values.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace labstore::config {
namespace {

constexpr std::array<std::pair<std::string_view, std::uint64_t>, 4> size_units = {{
    {"TiB", TiB},
    {"GiB", GiB},
    {"MiB", MiB},
    {"KiB", KiB},
}};

/// Largest first; "ms" stands before "m" and "s" so that the longest ending wins.
constexpr std::array<std::pair<std::string_view, std::uint64_t>, 4> duration_units = {{
    {"ms", 1},
    {"h", 3'600'000},
    {"m", 60'000},
    {"s", 1'000},
}};

std::optional<std::uint64_t> scaled(std::string_view digits, std::uint64_t unit) {
    const auto number = parse_decimal(trim(digits));
    if (!number || *number > std::numeric_limits<std::uint64_t>::max() / unit)
        return std::nullopt;
    return *number * unit;
}

bool ends_with_ignoring_case(std::string_view text, std::string_view ending) {
    return text.size() >= ending.size() &&
           equal_ignoring_case(text.substr(text.size() - ending.size()), ending);
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
    for (const auto& [name, unit] : size_units)
        if (ends_with_ignoring_case(text, name))
            return scaled(text.substr(0, text.size() - name.size()), unit);
    return scaled(text, 1);
}

std::string format_size(std::uint64_t size_bytes) {
    for (const auto& [name, unit] : size_units)
        if (size_bytes != 0 && size_bytes % unit == 0)
            return std::to_string(size_bytes / unit) + std::string(name);
    return std::to_string(size_bytes);
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    for (const auto& [name, unit] : duration_units) {
        if (!text.ends_with(name))
            continue;
        const auto number = scaled(text.substr(0, text.size() - name.size()), unit);
        if (!number || *number > static_cast<std::uint64_t>(std::chrono::milliseconds::max().count()))
            return std::nullopt;
        return std::chrono::milliseconds(*number);
    }
    return std::nullopt;
}

std::string format_duration(std::chrono::milliseconds duration) {
    const auto count = static_cast<std::uint64_t>(duration.count());
    for (const auto& [name, unit] : {duration_units[1], duration_units[2], duration_units[3]})
        if (count != 0 && count % unit == 0)
            return std::to_string(count / unit) + std::string(name);
    return std::to_string(count) + "ms";
}

std::optional<bool> parse_boolean(std::string_view text) {
    for (const std::string_view word : {"on", "true", "yes", "1"})
        if (equal_ignoring_case(text, word))
            return true;
    for (const std::string_view word : {"off", "false", "no", "0"})
        if (equal_ignoring_case(text, word))
            return false;
    return std::nullopt;
}

std::optional<double> parse_fraction(std::string_view text) {
    double value = 0;
    const auto [end, failure] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (failure != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::string format_fraction(double value) {
    std::array<char, 64> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    return {text.data(), end};
}

std::vector<std::string> parse_list(std::string_view text) {
    std::vector<std::string> items;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const std::string_view item = trim(text.substr(0, comma));
        if (!item.empty())
            items.emplace_back(item);
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return items;
}

std::string format_list(const std::vector<std::string>& items) {
    std::string text;
    for (const std::string& item : items)
        text += (text.empty() ? "" : ",") + item;
    return text;
}

std::string in_quotes(std::string_view text) {
    constexpr std::size_t shown_max = 64;
    std::string shown = "\"";
    for (const char c : text.substr(0, shown_max))
        shown.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c);
    shown += text.size() > shown_max ? "...\"" : "\"";
    return shown;
}

}  // namespace labstore::config
