#pragma once

#include "config/values.hpp"
#include "labstore/config.hpp"

#include <concepts>
#include <limits>
#include <optional>

/// One row of the option table and the makers of rows, one per type of value. `at` is a generic lambda that
/// returns a reference to the option's place in the settings.
namespace labstore::config {

struct option {
    option_info info;
    /// Stores the value; the message says what was wanted when it does not fit.
    std::function<std::optional<std::string>(settings&, std::string_view)> set;
    /// The value in the form that `set` takes.
    std::function<std::string(const settings&)> get;

    /// Options that several modules share: `copy` runs after each `set`.
    [[nodiscard]] option also(std::function<void(settings&)> copy) && {
        set = [first = std::move(set), copy = std::move(copy)](settings& to, std::string_view text) {
            auto wrong = first(to, text);
            if (!wrong)
                copy(to);
            return wrong;
        };
        return std::move(*this);
    }
};

/// Both ends included.
struct range {
    std::uint64_t min = 0;
    std::uint64_t max = std::numeric_limits<std::uint64_t>::max();

    [[nodiscard]] bool holds(std::uint64_t value) const noexcept { return value >= min && value <= max; }
};

[[nodiscard]] option described(std::string name, std::string type, std::string help);
[[nodiscard]] std::string not_fitting(std::string_view text, const std::string& type);

template <typename Access>
option text_option(std::string name, std::string help, Access at) {
    option made = described(std::move(name), "text", std::move(help));
    made.set = [at](settings& to, std::string_view text) -> std::optional<std::string> {
        if (text.find_first_of(std::string_view("\0\r\n", 3)) != std::string_view::npos)
            return "must be one line of text";
        at(to) = std::string(text);
        return std::nullopt;
    };
    made.get = [at](const settings& from) {
        return at(from);
    };
    return made;
}

template <typename Access>
option list_option(std::string name, std::string help, Access at) {
    option made = described(std::move(name), "list", std::move(help));
    made.info.list = true;
    made.set = [at](settings& to, std::string_view text) -> std::optional<std::string> {
        at(to) = parse_list(text);
        return std::nullopt;
    };
    made.get = [at](const settings& from) {
        return format_list(at(from));
    };
    return made;
}

template <typename Access>
option number_option(std::string name, std::string help, range allowed, Access at) {
    std::string type = "number, " + std::to_string(allowed.min) + " to " + std::to_string(allowed.max);
    option made = described(std::move(name), type, std::move(help));
    made.set = [at, allowed, type](settings& to, std::string_view text) -> std::optional<std::string> {
        const auto value = parse_decimal(text);
        if (!value || !allowed.holds(*value))
            return not_fitting(text, type);
        auto& place = at(to);
        place = static_cast<std::remove_reference_t<decltype(place)>>(*value);
        return std::nullopt;
    };
    made.get = [at](const settings& from) {
        return std::to_string(at(from));
    };
    return made;
}

template <typename Access>
option size_option(std::string name, std::string help, range allowed, Access at) {
    std::string type = "size, " + format_size(allowed.min) + " to " + format_size(allowed.max);
    option made = described(std::move(name), type, std::move(help));
    made.set = [at, allowed, type](settings& to, std::string_view text) -> std::optional<std::string> {
        const auto value = parse_size(text);
        if (!value || !allowed.holds(*value))
            return not_fitting(text, type);
        at(to) = *value;
        return std::nullopt;
    };
    made.get = [at](const settings& from) {
        return format_size(at(from));
    };
    return made;
}

/// `at` gives any std::chrono duration; values must be whole in its unit.
template <typename Access>
option duration_option(
    std::string name,
    std::string help,
    std::chrono::milliseconds min,
    std::chrono::milliseconds max,
    Access at
) {
    std::string type = "duration, " + format_duration(min) + " to " + format_duration(max);
    option made = described(std::move(name), type, std::move(help));
    made.set = [at, min, max, type](settings& to, std::string_view text) -> std::optional<std::string> {
        auto& place = at(to);
        using unit = std::remove_reference_t<decltype(place)>;
        const auto value = parse_duration(text);
        if (!value || *value < min || *value > max)
            return not_fitting(text, type);
        const unit whole = std::chrono::duration_cast<unit>(*value);
        if (whole != *value)
            return not_fitting(text, type + ", in whole steps of " + format_duration(unit(1)));
        place = whole;
        return std::nullopt;
    };
    made.get = [at](const settings& from) {
        return format_duration(std::chrono::duration_cast<std::chrono::milliseconds>(at(from)));
    };
    return made;
}

template <typename Access>
option boolean_option(std::string name, std::string help, Access at) {
    option made = described(std::move(name), "on or off", std::move(help));
    made.info.boolean = true;
    made.set = [at,
                type = made.info.type](settings& to, std::string_view text) -> std::optional<std::string> {
        const auto value = parse_boolean(text);
        if (!value)
            return not_fitting(text, type);
        at(to) = *value;
        return std::nullopt;
    };
    made.get = [at](const settings& from) {
        return std::string(at(from) ? "on" : "off");
    };
    return made;
}

/// `choices` are all values with their words, in the order they are shown.
template <typename Value, typename Access>
option choice_option(
    std::string name, std::string help, std::vector<std::pair<std::string, Value>> choices, Access at
) {
    std::string type = "one of";
    for (const auto& [word, value] : choices)
        type += (type == "one of" ? " " : ", ") + word;
    option made = described(std::move(name), type, std::move(help));
    made.set = [at, choices, type](settings& to, std::string_view text) -> std::optional<std::string> {
        for (const auto& [word, value] : choices) {
            if (word == text) {
                at(to) = value;
                return std::nullopt;
            }
        }
        return not_fitting(text, type);
    };
    made.get = [at, choices](const settings& from) {
        for (const auto& [word, value] : choices)
            if (value == at(from))
                return word;
        return std::string();
    };
    return made;
}

/// The whole table, group by group.
[[nodiscard]] const std::vector<option>& all_options();
[[nodiscard]] const option* find_option(std::string_view name);

/// What a preset says of other options; `balanced` says nothing. Places are "--workload=NAME".
[[nodiscard]] std::vector<given> preset_of(workload which);

/// What no single option can say alone.
[[nodiscard]] checked<void> check_together(const loaded& all);

/// Reads the `server:` section of a labstore.yml; other sections are somebody else's.
[[nodiscard]] checked<std::vector<given>> read_file(const std::string& path);

}  // namespace labstore::config
