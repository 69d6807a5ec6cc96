#include "s3/range.hpp"

#include "labstore/base.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace labstore::s3 {

namespace {

/// Digits only; a number too large for the type counts as its largest value, which no object reaches.
std::optional<std::uint64_t> parse_position(std::string_view text) noexcept {
    if (text.empty() || !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
        return std::nullopt;
    return parse_decimal(text).value_or(std::numeric_limits<std::uint64_t>::max());
}

/// What follows "bytes=", nullopt for another unit.
std::optional<std::string_view> ranges_of(std::string_view header) noexcept {
    constexpr std::string_view unit = "bytes=";
    if (header.size() < unit.size() || !equal_ignoring_case(header.substr(0, unit.size()), unit))
        return std::nullopt;
    return trim(header.substr(unit.size()));
}

range_decision last_bytes(std::uint64_t count, std::uint64_t size_bytes) noexcept {
    if (count == 0 || size_bytes == 0)
        return {range_verdict::not_satisfiable, {}};
    count = std::min(count, size_bytes);
    return {range_verdict::part, {size_bytes - count, count}};
}

}  // namespace

range_decision decide_range(std::string_view header, std::uint64_t size_bytes) noexcept {
    const auto range = ranges_of(header);
    if (!range)
        return {};
    const auto dash = range->find('-');
    if (dash == std::string_view::npos)
        return {};
    const auto left = trim(range->substr(0, dash));
    const auto right = trim(range->substr(dash + 1));
    const auto last = parse_position(right);
    if (left.empty())
        return last ? last_bytes(*last, size_bytes) : range_decision{};
    const auto first = parse_position(left);
    if (!first || (!right.empty() && (!last || *last < *first)))
        return {};
    if (*first >= size_bytes)
        return {range_verdict::not_satisfiable, {}};
    const auto end = right.empty() ? size_bytes - 1 : std::min(*last, size_bytes - 1);
    return {range_verdict::part, {*first, end - *first + 1}};
}

bool parse_copy_range(std::string_view header, std::uint64_t& first, std::uint64_t& last) noexcept {
    const auto range = ranges_of(header);
    if (!range)
        return false;
    const auto dash = range->find('-');
    if (dash == std::string_view::npos)
        return false;
    const auto left = parse_decimal(range->substr(0, dash));
    const auto right = parse_decimal(range->substr(dash + 1));
    if (!left || !right || *right < *left)
        return false;
    first = *left;
    last = *right;
    return true;
}

}  // namespace labstore::s3
