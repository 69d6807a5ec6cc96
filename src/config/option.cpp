#include "config/option.hpp"

#include "config/tables.hpp"

#include <algorithm>
#include <array>

namespace labstore::config {
namespace {

std::string environment_name(std::string_view option_name) {
    std::string name = "LABSTORE_SERVER_";
    for (const char c : option_name)
        name.push_back(c == '-' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c));
    return name;
}

std::vector<option> build_table() {
    struct group {
        std::string_view title;
        std::vector<option> rows;
    };

    std::array<group, 9> groups = {{
        {"Listening", listening_options()},
        {"Websites", website_options()},
        {"Credentials and authentication", authentication_options()},
        {"Storage and durability", storage_options()},
        {"Limits of connections and requests", request_options()},
        {"Limits of objects and documents", object_options()},
        {"Log", log_options()},
        {"Memory and threads", resource_options()},
        {"Profiling and shutdown", running_options()},
    }};
    const settings standard;
    std::vector<option> table;
    for (group& one : groups) {
        for (option& row : one.rows) {
            row.info.group = one.title;
            row.info.environment = environment_name(row.info.name);
            row.info.standard = row.get(standard);
            table.push_back(std::move(row));
        }
    }
    return table;
}

}  // namespace

option described(std::string name, std::string type, std::string help) {
    option made;
    made.info.name = std::move(name);
    made.info.type = std::move(type);
    made.info.help = std::move(help);
    return made;
}

std::string not_fitting(std::string_view text, const std::string& type) {
    return in_quotes(text) + " does not fit: wanted " + type;
}

const std::vector<option>& all_options() {
    static const std::vector<option> table = build_table();
    return table;
}

const option* find_option(std::string_view name) {
    const auto found = std::ranges::find(all_options(), name, [](const option& one) -> std::string_view {
        return one.info.name;
    });
    return found == all_options().end() ? nullptr : &*found;
}

std::vector<option_info> options() {
    std::vector<option_info> infos;
    for (const option& one : all_options())
        infos.push_back(one.info);
    return infos;
}

}  // namespace labstore::config
