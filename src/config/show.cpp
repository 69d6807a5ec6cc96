#include "config/option.hpp"

#include <yaml-cpp/yaml.h>

namespace labstore::config {
namespace {

/// A cell of a Markdown table: the bar would end it.
std::string cell(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        if (c == '|')
            safe.push_back('\\');
        safe.push_back(c);
    }
    return safe;
}

std::string code(std::string_view text) {
    return text.empty() ? std::string("(empty)") : "`" + cell(text) + "`";
}

}  // namespace

std::string reference() {
    std::string text;
    std::string_view group;
    for (const option& one : all_options()) {
        const option_info& info = one.info;
        if (info.group != group) {
            text +=
                (group.empty() ? "" : "\n") + std::string("### ") + info.group +
                "\n\n| Option | Environment | Value | Default | Meaning |\n| --- | --- | --- | --- | --- |\n";
            group = info.group;
        }
        text += "| " + (info.secret ? "`" + info.name + "` (no flag)" : "`--" + info.name + "`") + " | `" +
                info.environment + "` | " + cell(info.type) + " | " + code(info.standard) + " | " +
                cell(info.help) + " |\n";
    }
    return text;
}

std::string effective_yaml(const loaded& from) {
    YAML::Emitter out;
    out << YAML::BeginMap << YAML::Key << "server" << YAML::Value << YAML::BeginMap;
    for (const option& one : all_options()) {
        const std::string value = one.get(from.values);
        out << YAML::Key << one.info.name << YAML::Value;
        if (value.empty())
            out << YAML::DoubleQuoted << value;
        else
            out << value;
        const auto place = from.places.find(one.info.name);
        out << YAML::Comment(place == from.places.end() ? "default" : place->second);
    }
    out << YAML::EndMap << YAML::EndMap;
    return std::string(out.c_str()) + "\n";
}

}  // namespace labstore::config
