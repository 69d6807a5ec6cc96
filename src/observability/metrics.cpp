#include "labstore/observability/metrics.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <variant>

namespace labstore::metrics {
namespace {

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

std::string number_text(double value) {
    std::string text;
    append_number(text, value);
    return text;
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
using metric =
    std::variant<std::unique_ptr<counter>, std::unique_ptr<gauge>, std::unique_ptr<histogram>, reading>;

struct family {
    std::string help;
    std::string_view type;
    std::map<labels, metric> series;
};

void append_sample(std::string& out, std::string_view name, const labels& series, std::string_view value) {
    out += name;
    out += label_text(series);
    out += ' ';
    out += value;
    out += '\n';
}

void append_histogram(
    std::string& out, const std::string& name, const labels& series, const histogram& shown
) {
    const auto counts = shown.bucket_counts();
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        total += counts[i];
        auto with_bound = series;
        const bool last = i == shown.upper_bounds().size();
        with_bound.emplace_back("le", last ? "+Inf" : number_text(shown.upper_bounds()[i]));
        append_sample(out, name + "_bucket", with_bound, std::to_string(total));
    }
    append_sample(out, name + "_sum", series, number_text(shown.sum()));
    append_sample(out, name + "_count", series, std::to_string(total));
}

void append_series(std::string& out, const std::string& name, const labels& series, const metric& shown) {
    if (const auto* one = std::get_if<std::unique_ptr<counter>>(&shown))
        append_sample(out, name, series, std::to_string((*one)->value()));
    else if (const auto* level = std::get_if<std::unique_ptr<gauge>>(&shown))
        append_sample(out, name, series, std::to_string((*level)->value()));
    else if (const auto* buckets = std::get_if<std::unique_ptr<histogram>>(&shown))
        append_histogram(out, name, series, **buckets);
    else
        append_sample(out, name, series, number_text(std::get<reading>(shown)()));
}

}  // namespace

histogram::histogram(std::vector<double> upper_bounds)
    : upper_bounds_(std::move(upper_bounds)),
      counts_(std::make_unique<std::atomic<std::uint64_t>[]>(upper_bounds_.size() + 1)) {
    const auto& bounds = upper_bounds_;
    LABSTORE_ASSERT(std::adjacent_find(bounds.begin(), bounds.end(), std::greater_equal<>()) == bounds.end());
}

void histogram::observe(double value) noexcept {
    const auto bucket =
        std::lower_bound(upper_bounds_.begin(), upper_bounds_.end(), value) - upper_bounds_.begin();
    counts_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
}

std::vector<std::uint64_t> histogram::bucket_counts() const {
    std::vector<std::uint64_t> counts(upper_bounds_.size() + 1);
    for (std::size_t i = 0; i < counts.size(); ++i)
        counts[i] = counts_[i].load(std::memory_order_relaxed);
    return counts;
}

std::vector<double> duration_bounds() {
    return {
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
}

struct registry::state {
    mutable labstore::mutex mutex;
    std::map<std::string, family, std::less<>> families;

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

std::string registry::render_prometheus() const {
    const std::lock_guard lock(state_->mutex);
    std::string out;
    for (const auto& [name, shown] : state_->families) {
        out += "# HELP " + name + ' ';
        append_escaped(out, shown.help, escape_quotes::no);
        out += "\n# TYPE " + name + ' ';
        out += shown.type;
        out += '\n';
        for (const auto& [series, one] : shown.series)
            append_series(out, name, series, one);
    }
    return out;
}

}  // namespace labstore::metrics
