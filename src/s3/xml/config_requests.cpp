#include "s3/xml/config_requests.hpp"

#include "s3/xml/reader.hpp"
#include "s3/xml/tag_set.hpp"

#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace labstore::s3::xml {

namespace {

struct rule_list {
    std::string_view name;
    std::vector<std::string> storage::cors_rule::*values;
};

constexpr rule_list rule_lists[] = {
    {"AllowedOrigin", &storage::cors_rule::origins},
    {"AllowedMethod", &storage::cors_rule::methods},
    {"AllowedHeader", &storage::cors_rule::headers},
    {"ExposeHeader", &storage::cors_rule::exposed_headers},
};

result<void> take_rule_element(const pugi::xml_node& node, storage::cors_rule& rule) {
    auto text = kept_text(node);
    LABSTORE_TRY(text);
    const auto name = local_name(node);
    for (const auto& list : rule_lists)
        if (list.name == name) {
            (rule.*list.values).push_back(std::move(*text));
            return {};
        }
    if (name == "ID") {
        rule.id = std::move(*text);
        return {};
    }
    const auto seconds = name == "MaxAgeSeconds" ? parse_decimal(trim(*text)) : std::nullopt;
    if (!seconds || *seconds > std::numeric_limits<std::int32_t>::max())
        return make_error_code(errc::malformed_xml);
    rule.max_age_seconds = static_cast<std::uint32_t>(*seconds);
    return {};
}

result<storage::cors_rule> parse_cors_rule(const pugi::xml_node& node) {
    storage::cors_rule rule;
    for (const auto& each : node.children())
        if (each.type() == pugi::node_element)
            LABSTORE_TRY(take_rule_element(each, rule));
    if (rule.origins.empty() || rule.methods.empty())
        return make_error_code(errc::malformed_xml);
    return rule;
}

}  // namespace

result<std::pair<std::string, std::string>> parse_tag(const pugi::xml_node& node) {
    const auto key = child(node, "Key");
    const auto value = child(node, "Value");
    if (!key || !value)
        return make_error_code(errc::malformed_xml);
    auto name = kept_text(key);
    LABSTORE_TRY(name);
    auto text = kept_text(value);
    LABSTORE_TRY(text);
    return std::pair(std::move(*name), std::move(*text));
}

result<storage::tag_list> parse_tag_set(const pugi::xml_node& set) {
    return parse_children(set, "Tag", parse_tag);
}

result<storage::tag_list> parse_tagging(std::string_view text) {
    const auto parsed = document::parse(text, "Tagging");
    if (!parsed)
        return parsed.error();
    const auto set = child(parsed->root(), "TagSet");
    if (!set)
        return make_error_code(errc::malformed_xml);
    return parse_tag_set(set);
}

result<std::vector<storage::cors_rule>> parse_cors(std::string_view text) {
    const auto parsed = document::parse(text, "CORSConfiguration");
    if (!parsed)
        return parsed.error();
    auto rules = parse_children(parsed->root(), "CORSRule", parse_cors_rule);
    LABSTORE_TRY(rules);
    if (rules->empty())
        return make_error_code(errc::malformed_xml);
    return std::move(*rules);
}

}  // namespace labstore::s3::xml
