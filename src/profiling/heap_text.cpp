#include "profiling/heap_text.hpp"

#include "profiling/stack_table.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

namespace labstore::profiling {
namespace {

constexpr std::string_view first_words = "heap profile:";

std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

void skip_blanks(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

template <typename Number>
std::optional<Number> take_number(std::string_view& text, int base) {
    skip_blanks(text);
    if (base == 16) {
        if (!text.starts_with("0x"))
            return std::nullopt;
        text.remove_prefix(2);
    }
    Number number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (failure != std::errc() || number < 0)
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

bool take_mark(std::string_view& text, char mark) {
    skip_blanks(text);
    if (!text.starts_with(mark))
        return false;
    text.remove_prefix(1);
    return true;
}

/// "objects: bytes [objects: bytes] @"
std::optional<std::pair<std::int64_t, std::int64_t>> take_counts(std::string_view& line) {
    const auto objects = take_number<std::int64_t>(line, 10);
    if (!objects || !take_mark(line, ':'))
        return std::nullopt;
    const auto bytes = take_number<std::int64_t>(line, 10);
    if (!bytes || !take_mark(line, '[') || !take_number<std::int64_t>(line, 10) || !take_mark(line, ':') ||
        !take_number<std::int64_t>(line, 10) || !take_mark(line, ']') || !take_mark(line, '@'))
        return std::nullopt;
    return std::pair(*objects, *bytes);
}

/// Sums of what a damaged text says stay numbers.
std::int64_t sum(std::int64_t one, std::int64_t other) {
    std::int64_t total = 0;
    return __builtin_add_overflow(one, other, &total) ? std::numeric_limits<std::int64_t>::max() : total;
}

}  // namespace

result<std::vector<raw_sample>> parse_heap_text(std::string_view text) {
    std::string_view first = take_line(text);
    if (!first.starts_with(first_words))
        return make_error_code(errc::corrupt);
    first.remove_prefix(first_words.size());
    if (!take_counts(first))
        return make_error_code(errc::corrupt);
    std::map<std::vector<std::uint64_t>, std::pair<std::int64_t, std::int64_t>> by_stack;
    while (!text.empty()) {
        std::string_view line = take_line(text);
        const auto counts = take_counts(line);
        if (!counts)
            break;
        std::vector<std::uint64_t> stack;
        while (stack.size() < stack_table::depth_max)
            if (const auto address = take_number<std::uint64_t>(line, 16); address)
                stack.push_back(*address);
            else
                break;
        auto& [objects, bytes] = by_stack[std::move(stack)];
        objects = sum(objects, counts->first);
        bytes = sum(bytes, counts->second);
    }
    std::vector<raw_sample> samples;
    samples.reserve(by_stack.size());
    for (auto& [stack, counts] : by_stack)
        samples.push_back({stack, {counts.first, counts.second}, {}, {}});
    return samples;
}

}  // namespace labstore::profiling
