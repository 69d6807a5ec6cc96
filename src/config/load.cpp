#include "config/option.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

namespace labstore::config {
namespace {

constexpr std::string_view environment_prefix = "LABSTORE_SERVER_";
constexpr std::string_view file_variable = "LABSTORE_SERVER_CONFIG";

std::string variable(const inputs& from, std::string_view name) {
    for (const auto& [key, value] : from.environment)
        if (key == name)
            return value;
    return {};
}

/// An empty variable counts as absent: compose files pass one for what their user left out.
checked<std::vector<given>> read_environment(const inputs& from) {
    std::vector<given> values;
    for (const auto& [key, value] : from.environment) {
        if (!key.starts_with(environment_prefix) || key == file_variable || key == test_binary_variable)
            continue;
        const auto known = std::ranges::find(all_options(), key, [](const option& one) -> const std::string& {
            return one.info.environment;
        });
        if (known == all_options().end())
            return problem{key, "no option has this variable"};
        if (!value.empty())
            values.push_back({known->info.name, value, key});
    }
    return values;
}

checked<std::vector<given>> read_any_file(const inputs& from) {
    if (!from.file.empty())
        return read_file(from.file);
    if (const std::string named = variable(from, file_variable); !named.empty())
        return read_file(named);
    std::error_code ignored;
    if (!from.default_file.empty() && std::filesystem::exists(from.default_file, ignored))
        return read_file(from.default_file);
    return std::vector<given>();
}

/// Repeated flags of a list are one value.
std::vector<given> joined(const std::vector<given>& flags) {
    std::vector<given> values;
    for (const given& flag : flags) {
        const option* known = find_option(flag.option);
        const auto same = std::ranges::find(values, flag.option, [](const given& one) -> const std::string& {
            return one.option;
        });
        if (known != nullptr && known->info.list && same != values.end())
            same->value += "," + flag.value;
        else
            values.push_back(flag);
    }
    return values;
}

checked<void> apply(const std::vector<given>& values, loaded& to) {
    for (const given& one : values) {
        const option* known = find_option(one.option);
        if (known == nullptr)
            return problem{one.place, "unknown option " + in_quotes(one.option)};
        if (const auto wrong = known->set(to.values, one.value))
            return problem{one.place, known->info.name + ": " + *wrong};
        to.places[known->info.name] = one.place;
    }
    return {};
}

}  // namespace

std::string problem::text() const {
    return place + ": " + message;
}

checked<loaded> load(const inputs& from) {
    auto file = read_any_file(from);
    if (!file)
        return file.error();
    auto environment = read_environment(from);
    if (!environment)
        return environment.error();
    const std::array sources{*file, *environment, joined(from.flags)};
    loaded named;
    for (const auto& source : sources)
        if (auto applied = apply(source, named); !applied)
            return applied.error();
    // Again over what the preset says, for which the strongest source has to be known first. Weakest first; each stronger
    // source overwrites.
    loaded all;
    const auto preset = preset_of(named.values.workload);
    if (auto applied = apply(preset, all); !applied)
        return applied.error();
    for (const auto& source : sources)
        if (auto applied = apply(source, all); !applied)
            return applied.error();
    if (auto whole = check_together(all); !whole)
        return whole.error();
    return all;
}

}  // namespace labstore::config
