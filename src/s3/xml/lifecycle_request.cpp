#include "s3/xml/lifecycle_request.hpp"

#include "s3/xml/reader.hpp"
#include "s3/xml/tag_set.hpp"

#include <utility>

namespace labstore::s3::xml {

namespace {

/// Once.
result<void> take_text(const pugi::xml_node& node, std::optional<std::string>& to) {
    if (to)
        return make_error_code(errc::malformed_xml);
    auto text = kept_text(node);
    LABSTORE_TRY(text);
    to = std::move(*text);
    return {};
}

/// Once; digits only.
result<void> take_size(const pugi::xml_node& node, std::optional<std::uint64_t>& to) {
    const auto number = parse_decimal(trim(text_of(node)));
    if (to || !number)
        return make_error_code(errc::malformed_xml);
    to = number;
    return {};
}

result<void> take_tag(const pugi::xml_node& node, storage::lifecycle_filter& filter) {
    auto tag = parse_tag(node);
    LABSTORE_TRY(tag);
    filter.tags.push_back(std::move(*tag));
    return {};
}

/// What a Filter and its And have in common.
result<void> take_condition(const pugi::xml_node& node, storage::lifecycle_filter& filter) {
    const auto name = local_name(node);
    if (name == "Prefix")
        return take_text(node, filter.prefix);
    if (name == "Tag")
        return take_tag(node, filter);
    if (name == "ObjectSizeGreaterThan")
        return take_size(node, filter.size_greater_than);
    if (name == "ObjectSizeLessThan")
        return take_size(node, filter.size_less_than);
    return make_error_code(errc::malformed_xml);
}

result<storage::lifecycle_filter> parse_filter(const pugi::xml_node& node) {
    storage::lifecycle_filter filter;
    std::size_t elements = 0;
    for (const auto& each : node.children()) {
        if (each.type() != pugi::node_element)
            continue;
        // Several conditions go into an And.
        if (++elements > 1)
            return make_error_code(errc::malformed_xml);
        if (local_name(each) != "And") {
            LABSTORE_TRY(take_condition(each, filter));
            continue;
        }
        filter.form = storage::filter_form::conjunction;
        for (const auto& inner : each.children())
            if (inner.type() == pugi::node_element)
                LABSTORE_TRY(take_condition(inner, filter));
    }
    return filter;
}

struct text_place {
    std::string_view name;
    std::optional<std::string>* to;
};

/// An element of texts, each at most once.
template <std::size_t N>
result<void> take_texts(const pugi::xml_node& node, const text_place (&places)[N]) {
    for (const auto& each : node.children()) {
        if (each.type() != pugi::node_element)
            continue;
        const text_place* found = nullptr;
        for (const auto& place : places)
            if (place.name == local_name(each))
                found = &place;
        if (found == nullptr)
            return make_error_code(errc::malformed_xml);
        LABSTORE_TRY(take_text(each, *found->to));
    }
    return {};
}

/// One of the elements that may be there once.
result<void> take_once(bool& there) {
    if (std::exchange(there, true))
        return make_error_code(errc::malformed_xml);
    return {};
}

result<void> take_action(const pugi::xml_node& node, lifecycle_rule_text& rule) {
    const auto name = local_name(node);
    if (name == "Expiration") {
        LABSTORE_TRY(take_once(rule.has_expiration));
        return take_texts(
            node,
            {{"Days", &rule.expire_days},
             {"Date", &rule.expire_date},
             {"ExpiredObjectDeleteMarker", &rule.expire_markers}}
        );
    }
    if (name == "NoncurrentVersionExpiration") {
        LABSTORE_TRY(take_once(rule.has_noncurrent));
        return take_texts(
            node,
            {{"NoncurrentDays", &rule.noncurrent_days},
             {"NewerNoncurrentVersions", &rule.newer_noncurrent_versions}}
        );
    }
    if (name == "AbortIncompleteMultipartUpload") {
        LABSTORE_TRY(take_once(rule.has_abort));
        return take_texts(node, {{"DaysAfterInitiation", &rule.abort_days}});
    }
    if (name == "Transition" || name == "NoncurrentVersionTransition") {
        rule.has_transition = true;
        return {};
    }
    return make_error_code(errc::malformed_xml);
}

result<lifecycle_rule_text> parse_rule(const pugi::xml_node& node) {
    lifecycle_rule_text rule;
    std::optional<std::string> status;
    for (const auto& each : node.children()) {
        if (each.type() != pugi::node_element)
            continue;
        const auto name = local_name(each);
        if (name == "ID") {
            LABSTORE_TRY(take_text(each, rule.id));
        } else if (name == "Prefix") {
            LABSTORE_TRY(take_text(each, rule.prefix));
        } else if (name == "Status") {
            LABSTORE_TRY(take_text(each, status));
        } else if (name == "Filter") {
            LABSTORE_TRY(take_once(rule.has_filter));
            auto filter = parse_filter(each);
            LABSTORE_TRY(filter);
            rule.filter = std::move(*filter);
        } else {
            LABSTORE_TRY(take_action(each, rule));
        }
    }
    if (!status)
        return make_error_code(errc::malformed_xml);
    rule.status = std::move(*status);
    return rule;
}

}  // namespace

result<std::vector<lifecycle_rule_text>> parse_lifecycle(std::string_view text) {
    const auto parsed = document::parse(text, "LifecycleConfiguration");
    if (!parsed)
        return parsed.error();
    auto rules = parse_children(parsed->root(), "Rule", parse_rule);
    LABSTORE_TRY(rules);
    if (rules->empty())
        return make_error_code(errc::malformed_xml);
    return std::move(*rules);
}

}  // namespace labstore::s3::xml
