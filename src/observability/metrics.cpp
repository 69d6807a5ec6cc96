#include "labstore/observability/metrics.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <numeric>
#include <variant>

namespace labstore::metrics {
namespace {

constexpr std::size_t page_bytes_guess = 64 * KiB;

bool is_name(std::string_view name) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
           std::all_of(name.begin(), name.end(), allowed);
}

/// Help texts escape line ends and backslashes, label values quotes as well.
enum class escape_quotes { no, yes };

void append_escaped(std::string& out, std::string_view text, escape_quotes quotes) {
    for (const char c : text) {
        if (c == '\n')
            out += "\\n";
        else if (c == '\\' || (c == '"' && quotes == escape_quotes::yes))
            (out += '\\') += c;
        else
            out += c;
    }
}

void append_number(std::string& out, double value) {
    if (std::isnan(value)) {
        out += "NaN";
    } else if (std::isinf(value)) {
        out += value > 0 ? "+Inf" : "-Inf";
    } else {
        std::array<char, 32> digits;
        out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
    }
}

/// `{a="x",b="y"}`, or nothing when there are none.
std::string label_text(const labels& series) {
    std::string text;
    for (const auto& [name, value] : series) {
        text += text.empty() ? "{" : ",";
        text += name;
        text += "=\"";
        append_escaped(text, value, escape_quotes::yes);
        text += "\"";
    }
    if (!text.empty())
        text += "}";
    return text;
}

using reading = std::function<double()>;
using distribution_reading = std::function<distribution()>;
using metric = std::variant<
    std::unique_ptr<counter>,
    std::unique_ptr<gauge>,
    std::unique_ptr<histogram>,
    reading,
    distribution_reading>;

struct family {
    std::string help;
    std::string_view type;
    std::map<labels, metric> series;
};

/// The labels of a series stay the same for all its samples, but for the `le` of a bucket.
void append_sample(
    std::string& out,
    std::string_view name,
    std::string_view suffix,
    std::string_view shown_labels,
    double value
) {
    out += name;
    out += suffix;
    out += shown_labels;
    out += ' ';
    append_number(out, value);
    out += '\n';
}

/// `{a="x",le="` of `{a="x"}`, to be followed by the bound and `"}`.
std::string bucket_labels(std::string shown_labels) {
    if (shown_labels.empty())
        return "{le=\"";
    shown_labels.back() = ',';
    return shown_labels + "le=\"";
}

void append_count(std::string& out, std::uint64_t value) {
    std::array<char, 20> digits;
    out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

void append_histogram(
    std::string& out, std::string_view name, const std::string& shown_labels, const distribution& shown
) {
    const auto with_bound = bucket_labels(shown_labels);
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < shown.counts.size(); ++i) {
        total += shown.counts[i];
        ((out += name) += "_bucket") += with_bound;
        if (i < shown.upper_bounds.size())
            append_number(out, shown.upper_bounds[i]);
        else
            out += "+Inf";
        out += "\"} ";
        append_count(out, total);
        out += '\n';
    }
    append_sample(out, name, "_sum", shown_labels, shown.sum);
    ((out += name) += "_count") += shown_labels;
    out += ' ';
    append_count(out, total);
    out += '\n';
}

void append_series(std::string& out, std::string_view name, const labels& series, const metric& shown) {
    const auto shown_labels = label_text(series);
    if (const auto* buckets = std::get_if<std::unique_ptr<histogram>>(&shown)) {
        append_histogram(out, name, shown_labels, (*buckets)->value());
    } else if (const auto* kept = std::get_if<distribution_reading>(&shown)) {
        append_histogram(out, name, shown_labels, (*kept)());
    } else if (const auto* read = std::get_if<reading>(&shown)) {
        append_sample(out, name, "", shown_labels, (*read)());
    } else {
        out += name;
        out += shown_labels;
        out += ' ';
        if (const auto* one = std::get_if<std::unique_ptr<counter>>(&shown))
            append_count(out, (*one)->value());
        else
            out += std::to_string(std::get<std::unique_ptr<gauge>>(shown)->value());
        out += '\n';
    }
}

}  // namespace

std::size_t detail::take_part() noexcept {
    static std::atomic<std::size_t> taken{0};
    return taken.fetch_add(1, std::memory_order_relaxed) % parts;
}

std::uint64_t distribution::count() const noexcept {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

histogram::histogram(std::vector<double> upper_bounds)
    : upper_bounds_(std::move(upper_bounds)),
      lines_per_part_(upper_bounds_.size() / counts_per_line + 1),
      counts_(std::make_unique<count_line[]>(detail::parts * lines_per_part_)) {
    const auto& bounds = upper_bounds_;
    LABSTORE_ASSERT(std::adjacent_find(bounds.begin(), bounds.end(), std::greater_equal<>()) == bounds.end());
}

void histogram::observe(double value) noexcept {
    const auto bucket = static_cast<std::size_t>(
        std::lower_bound(upper_bounds_.begin(), upper_bounds_.end(), value) - upper_bounds_.begin()
    );
    const auto part = detail::present_part();
    auto& line = counts_[part * lines_per_part_ + bucket / counts_per_line];
    line.counts[bucket % counts_per_line].fetch_add(1, std::memory_order_relaxed);
    sums_[part].value.fetch_add(value, std::memory_order_relaxed);
}

distribution histogram::value() const {
    distribution out{upper_bounds_, std::vector<std::uint64_t>(upper_bounds_.size() + 1)};
    for (std::size_t part = 0; part < detail::parts; ++part) {
        for (std::size_t i = 0; i < out.counts.size(); ++i) {
            const auto& line = counts_[part * lines_per_part_ + i / counts_per_line];
            out.counts[i] += line.counts[i % counts_per_line].load(std::memory_order_relaxed);
        }
        out.sum += sums_[part].value.load(std::memory_order_relaxed);
    }
    return out;
}

std::vector<double> duration_bounds() {
    return {
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
}

std::vector<double> sync_bounds() {
    return {
        0.00002,
        0.00005,
        0.0001,
        0.0002,
        0.0005,
        0.001,
        0.002,
        0.005,
        0.01,
        0.02,
        0.05,
        0.1,
        0.2,
        0.5,
        1,
        2,
        5};
}

std::vector<double> group_size_bounds() {
    return {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096};
}

struct registry::state {
    mutable labstore::mutex mutex;
    std::map<std::string, family, std::less<>> families;
    std::vector<std::function<void()>> refreshes;

    /// The metric under this name and these labels, made by `make` when it is new.
    template <typename Make>
    metric& find_or_make(
        std::string_view name, std::string_view help, std::string_view type, labels series, Make make
    ) {
        LABSTORE_ASSERT(is_name(name));
        for (const auto& label : series)
            LABSTORE_ASSERT(is_name(label.first));
        auto [at, added] = families.try_emplace(std::string(name), family{std::string(help), type, {}});
        LABSTORE_ASSERT(at->second.type == type);
        auto found = at->second.series.find(series);
        if (found == at->second.series.end())
            found = at->second.series.emplace(std::move(series), make()).first;
        return found->second;
    }
};

registry::registry() : state_(std::make_unique<state>()) {}

registry::~registry() = default;

counter& registry::add_counter(std::string_view name, std::string_view help, labels series) {
    const std::lock_guard lock(state_->mutex);
    const auto make = [] {
        return metric(std::make_unique<counter>());
    };
    return *std::get<0>(state_->find_or_make(name, help, "counter", std::move(series), make));
}

gauge& registry::add_gauge(std::string_view name, std::string_view help, labels series) {
    const std::lock_guard lock(state_->mutex);
    const auto make = [] {
        return metric(std::make_unique<gauge>());
    };
    return *std::get<1>(state_->find_or_make(name, help, "gauge", std::move(series), make));
}

histogram& registry::add_histogram(
    std::string_view name, std::string_view help, std::vector<double> upper_bounds, labels series
) {
    const std::lock_guard lock(state_->mutex);
    const auto make = [&upper_bounds] {
        return metric(std::make_unique<histogram>(std::move(upper_bounds)));
    };
    return *std::get<2>(state_->find_or_make(name, help, "histogram", std::move(series), make));
}

void registry::add_reading(
    kind what, std::string_view name, std::string_view help, std::function<double()> read, labels series
) {
    const std::lock_guard lock(state_->mutex);
    const std::string_view type = what == kind::counter ? "counter" : "gauge";
    const auto make = [&read] {
        return metric(std::move(read));
    };
    static_cast<void>(state_->find_or_make(name, help, type, std::move(series), make));
}

void registry::add_distribution(
    std::string_view name, std::string_view help, std::function<distribution()> read, labels series
) {
    const std::lock_guard lock(state_->mutex);
    const auto make = [&read] {
        return metric(std::move(read));
    };
    static_cast<void>(state_->find_or_make(name, help, "histogram", std::move(series), make));
}

void registry::before_rendering(std::function<void()> refresh) {
    const std::lock_guard lock(state_->mutex);
    state_->refreshes.push_back(std::move(refresh));
}

std::string registry::render_prometheus() const {
    const std::lock_guard lock(state_->mutex);
    for (const auto& refresh : state_->refreshes)
        refresh();
    std::string out;
    out.reserve(page_bytes_guess);
    for (const auto& [name, shown] : state_->families) {
        out += "# HELP ";
        out += name;
        out += ' ';
        append_escaped(out, shown.help, escape_quotes::no);
        out += "\n# TYPE ";
        out += name;
        out += ' ';
        out += shown.type;
        out += '\n';
        for (const auto& [series, one] : shown.series)
            append_series(out, name, series, one);
    }
    return out;
}

}  // namespace labstore::metrics
