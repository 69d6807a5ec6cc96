#include "labstore/load/words.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace labstore::load {
namespace {

struct unit {
    std::string_view name;
    double factor;
};

constexpr std::array<unit, 8> size_units{{
    {"", 1},
    {"B", 1},
    {"KiB", 1024.0},
    {"MiB", 1024.0 * 1024},
    {"GiB", 1024.0 * 1024 * 1024},
    {"KB", 1e3},
    {"MB", 1e6},
    {"GB", 1e9},
}};

constexpr std::array<unit, 7> time_units{{
    {"", 1e9},
    {"ns", 1},
    {"us", 1e3},
    {"ms", 1e6},
    {"s", 1e9},
    {"m", 60e9},
    {"h", 3600e9},
}};

constexpr double duration_ns_max = 365.0 * 24 * 3600 * 1e9;
constexpr double size_bytes_max = 5.0 * 1024 * 1024 * 1024 * 1024;

/// The number in front and the unit behind it, multiplied.
template <std::size_t Count>
outcome<double> parse_with_unit(
    std::string_view text, const std::array<unit, Count>& units, double value_max, const char* what
) {
    const auto refuse = [&] {
        return fault{"'" + std::string(text) + "' is no " + what};
    };
    double number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc() || !std::isfinite(number) || number < 0)
        return refuse();
    const std::string_view name(end, static_cast<std::size_t>(text.data() + text.size() - end));
    const auto found = std::ranges::find(units, name, &unit::name);
    if (found == units.end() || number * found->factor > value_max)
        return refuse();
    return number * found->factor;
}

/// The standard normal's quantile, by halving: it is asked for a few hundred times at the start.
double normal_quantile(double probability) {
    double low = -9;
    double high = 9;
    for (int i = 0; i < 60; ++i) {
        const double middle = (low + high) / 2;
        const double below = 0.5 * std::erfc(-middle / std::sqrt(2.0));
        (below < probability ? low : high) = middle;
    }
    return (low + high) / 2;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> pieces;
    while (true) {
        const auto end = text.find(separator);
        pieces.push_back(text.substr(0, end));
        if (end == std::string_view::npos)
            return pieces;
        text.remove_prefix(end + 1);
    }
}

}  // namespace

outcome<std::uint64_t> parse_size(std::string_view text) {
    const auto size = parse_with_unit(text, size_units, size_bytes_max, "size (4096, 4KiB, 1.5MiB, 64MB)");
    if (!size)
        return size.error();
    return static_cast<std::uint64_t>(std::llround(*size));
}

outcome<std::chrono::nanoseconds> parse_duration(std::string_view text) {
    const auto time =
        parse_with_unit(text, time_units, duration_ns_max, "duration (250us, 10ms, 30s, 2m, 1h)");
    if (!time)
        return time.error();
    return std::chrono::nanoseconds(std::llround(*time));
}

outcome<double> parse_number(std::string_view text) {
    double number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc() || end != text.data() + text.size() || !std::isfinite(number))
        return fault{"'" + std::string(text) + "' is no number"};
    return number;
}

std::string size_text(double size_bytes) {
    constexpr std::array<const char*, 5> names{"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t name = 0;
    while (size_bytes >= 1024 && name + 1 < names.size()) {
        size_bytes /= 1024;
        ++name;
    }
    char text[48];
    const bool whole = size_bytes == std::floor(size_bytes) || size_bytes >= 100;
    std::snprintf(text, sizeof text, whole ? "%.0f %s" : "%.1f %s", size_bytes, names[name]);
    return text;
}

size_distribution size_distribution::fixed(std::uint64_t size_bytes) {
    size_distribution made;
    made.min_bytes_ = size_bytes;
    made.max_bytes_ = size_bytes;
    made.text_ = std::to_string(size_bytes);
    return made;
}

outcome<size_distribution> size_distribution::parse(std::string_view text) {
    const auto colon = text.find(':');
    const auto word = text.substr(0, colon);
    const auto rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    outcome<size_distribution> made = fault{
        "'" + std::string(text) +
        "' is no distribution of sizes: wanted 4KiB, uniform:1KiB-1MiB, "
        "lognormal:64KiB,1.2 or list:4KiB*70,1MiB*30"};
    if (colon == std::string_view::npos) {
        const auto size = parse_size(text);
        if (!size)
            return size.error();
        made = fixed(*size);
    } else if (word == "uniform") {
        made = parse_uniform(rest);
    } else if (word == "lognormal") {
        made = parse_lognormal(rest);
    } else if (word == "list") {
        made = parse_list(rest);
    }
    if (made)
        made->text_ = text;
    return made;
}

outcome<size_distribution> size_distribution::parse_uniform(std::string_view text) {
    const auto ends = split(text, '-');
    if (ends.size() != 2)
        return fault{"uniform sizes are two sizes with a '-' between them"};
    const auto low = parse_size(ends[0]);
    const auto high = parse_size(ends[1]);
    if (!low || !high)
        return !low ? low.error() : high.error();
    if (*low > *high)
        return fault{"the smaller of the uniform sizes comes first"};
    size_distribution made;
    made.min_bytes_ = *low;
    made.max_bytes_ = *high;
    return made;
}

outcome<size_distribution> size_distribution::parse_lognormal(std::string_view text) {
    constexpr double sigma_max = 4;
    constexpr std::uint64_t medians_max = 16;
    const auto pieces = split(text, ',');
    if (pieces.size() != 2 && pieces.size() != 3)
        return fault{"log-normal sizes are a median, a sigma and perhaps a largest size"};
    const auto median = parse_size(pieces[0]);
    const auto sigma = parse_number(pieces[1]);
    if (!median || !sigma)
        return !median ? median.error() : sigma.error();
    if (*median == 0 || *sigma <= 0 || *sigma > sigma_max)
        return fault{"log-normal sizes want a median above 0 and a sigma above 0 and up to 4"};
    size_distribution made;
    made.kind_ = kind::lognormal;
    made.median_bytes_ = static_cast<double>(*median);
    made.sigma_ = *sigma;
    made.max_bytes_ = *median * medians_max;
    if (pieces.size() == 3) {
        const auto largest = parse_size(pieces[2]);
        if (!largest)
            return largest.error();
        if (*largest < *median)
            return fault{"the largest of the log-normal sizes is below their median"};
        made.max_bytes_ = *largest;
    }
    return made;
}

outcome<size_distribution> size_distribution::parse_list(std::string_view text) {
    size_distribution made;
    made.kind_ = kind::list;
    double total = 0;
    for (const auto piece : split(text, ',')) {
        const auto star = piece.find('*');
        const auto size = parse_size(piece.substr(0, star));
        if (!size)
            return size.error();
        const auto weight =
            star == std::string_view::npos ? outcome<double>(1.0) : parse_number(piece.substr(star + 1));
        if (!weight)
            return weight.error();
        if (*weight <= 0)
            return fault{"the weight of a size is above 0"};
        made.list_.push_back({*size, *weight});
        total += *weight;
    }
    std::ranges::sort(made.list_, {}, &weighted::size_bytes);
    double sum = 0;
    for (auto& each : made.list_) {
        sum += each.share_up_to;
        each.share_up_to = sum / total;
    }
    made.min_bytes_ = made.list_.front().size_bytes;
    made.max_bytes_ = made.list_.back().size_bytes;
    return made;
}

std::uint64_t size_distribution::quantile_bytes(double probability) const {
    const double share = std::clamp(probability, 0.0, 1.0);
    if (kind_ == kind::list) {
        const auto found =
            std::ranges::find_if(list_, [&](const weighted& each) { return each.share_up_to >= share; });
        return found == list_.end() ? max_bytes_ : found->size_bytes;
    }
    if (kind_ == kind::lognormal) {
        const double size = median_bytes_ * std::exp(sigma_ * normal_quantile(share));
        return static_cast<std::uint64_t>(std::min(std::round(size), static_cast<double>(max_bytes_)));
    }
    const auto range = static_cast<double>(max_bytes_ - min_bytes_);
    return min_bytes_ + static_cast<std::uint64_t>(std::llround(range * share));
}

std::vector<std::uint64_t> size_distribution::samples(std::size_t count) const {
    std::vector<std::uint64_t> sizes;
    for (std::size_t i = 0; i < count; ++i)
        sizes.push_back(quantile_bytes((static_cast<double>(i) + 0.5) / static_cast<double>(count)));
    return sizes;
}

}  // namespace labstore::load
