#include "config/option.hpp"

#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace labstore::config {
namespace {

std::string place_of(const std::string& path, const YAML::Mark& mark) {
    return mark.is_null() ? path : path + ":" + std::to_string(mark.line + 1);
}

/// A sequence of scalars becomes the comma form of a list.
std::optional<std::string> value_text(const YAML::Node& node) {
    if (node.IsNull())
        return std::string();
    if (node.IsScalar())
        return node.Scalar();
    if (!node.IsSequence())
        return std::nullopt;
    std::vector<std::string> items;
    for (const YAML::Node& item : node) {
        if (!item.IsScalar() || item.Scalar().find(',') != std::string::npos)
            return std::nullopt;
        items.push_back(item.Scalar());
    }
    return format_list(items);
}

checked<std::vector<given>> read_section(const std::string& path, const YAML::Node& section) {
    std::vector<given> values;
    std::set<std::string> seen;
    for (const auto& entry : section) {
        const std::string place = place_of(path, entry.first.Mark());
        if (!entry.first.IsScalar())
            return problem{place, "an option's name must be a word"};
        const std::string& name = entry.first.Scalar();
        const option* known = find_option(name);
        if (known == nullptr)
            return problem{place, "unknown option " + in_quotes(name) + " in section server"};
        if (!seen.insert(name).second)
            return problem{place, name + " is given twice"};
        const auto value = value_text(entry.second);
        if (!value || (entry.second.IsSequence() && !known->info.list))
            return problem{place, name + ": wanted " + known->info.type};
        if (!entry.second.IsNull())
            values.push_back({name, *value, place});
    }
    return values;
}

checked<std::vector<given>> read_document(const std::string& path, const YAML::Node& root) {
    if (root.IsNull())
        return std::vector<given>();
    if (!root.IsMap())
        return problem{place_of(path, root.Mark()), "wanted sections, such as server:"};
    std::vector<given> values;
    bool seen = false;
    for (const auto& entry : root) {
        if (!entry.first.IsScalar() || entry.first.Scalar() != "server")
            continue;
        const std::string place = place_of(path, entry.first.Mark());
        if (std::exchange(seen, true))
            return problem{place, "section server is given twice"};
        if (entry.second.IsNull())
            continue;
        if (!entry.second.IsMap())
            return problem{place, "section server must hold options, one a line: name: value"};
        auto section = read_section(path, entry.second);
        if (!section)
            return section.error();
        values = std::move(*section);
    }
    return values;
}

}  // namespace

checked<std::vector<given>> read_file(const std::string& path) {
    std::error_code ignored;
    std::ifstream file(path, std::ios::binary);
    if (!file || std::filesystem::is_directory(path, ignored))
        return problem{path, "cannot be read"};
    std::ostringstream text;
    // Inserting nothing sets the fail bit of `text`: that is an empty file, no failure.
    text << file.rdbuf();
    if (file.bad() || text.bad())
        return problem{path, "cannot be read"};
    // yaml-cpp speaks in exceptions; this is the border where they become problems.
    try {
        return read_document(path, YAML::Load(text.str()));
    } catch (const YAML::Exception& wrong) {
        return problem{place_of(path, wrong.mark), "is not YAML: " + wrong.msg};
    }
}

}  // namespace labstore::config
