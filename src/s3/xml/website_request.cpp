#include "s3/xml/config_requests.hpp"
#include "s3/xml/reader.hpp"

#include <optional>
#include <string>
#include <utility>

namespace labstore::s3::xml {

namespace {

constexpr std::uint64_t status_max = 999;

/// Text that is kept and shown again; absent where there is no such child.
result<std::optional<std::string>> optional_text(const pugi::xml_node& parent, std::string_view name) {
    const auto node = child(parent, name);
    if (!node)
        return std::optional<std::string>();
    auto text = kept_text(node);
    LABSTORE_TRY(text);
    return std::optional<std::string>(std::move(*text));
}

result<std::optional<std::uint16_t>> optional_status(const pugi::xml_node& parent, std::string_view name) {
    const auto text = optional_text(parent, name);
    LABSTORE_TRY(text);
    if (!*text)
        return std::optional<std::uint16_t>();
    const auto number = parse_decimal(trim(**text));
    if (!number || *number == 0 || *number > status_max)
        return make_error_code(errc::malformed_xml);
    return std::optional<std::uint16_t>(static_cast<std::uint16_t>(*number));
}

result<storage::website_redirect> parse_redirect(const pugi::xml_node& node) {
    storage::website_redirect out;
    auto protocol = optional_text(node, "Protocol");
    LABSTORE_TRY(protocol);
    out.protocol = std::move(*protocol).value_or(std::string());
    auto host = optional_text(node, "HostName");
    LABSTORE_TRY(host);
    out.host = std::move(*host).value_or(std::string());
    auto key_prefix = optional_text(node, "ReplaceKeyPrefixWith");
    LABSTORE_TRY(key_prefix);
    out.key_prefix = std::move(*key_prefix);
    auto key = optional_text(node, "ReplaceKeyWith");
    LABSTORE_TRY(key);
    out.key = std::move(*key);
    const auto status = optional_status(node, "HttpRedirectCode");
    LABSTORE_TRY(status);
    out.status = status->value_or(0);
    return out;
}

result<storage::website_rule> parse_rule(const pugi::xml_node& node) {
    storage::website_rule out;
    if (const auto condition = child(node, "Condition")) {
        auto key_prefix = optional_text(condition, "KeyPrefixEquals");
        LABSTORE_TRY(key_prefix);
        out.key_prefix = std::move(*key_prefix);
        const auto status = optional_status(condition, "HttpErrorCodeReturnedEquals");
        LABSTORE_TRY(status);
        out.error_status = *status;
        if (!out.key_prefix && !out.error_status)
            return make_error_code(errc::malformed_xml);
    }
    const auto redirect = child(node, "Redirect");
    if (!redirect)
        return make_error_code(errc::malformed_xml);
    auto where = parse_redirect(redirect);
    LABSTORE_TRY(where);
    if (*where == storage::website_redirect{})
        return make_error_code(errc::malformed_xml);
    out.redirect = std::move(*where);
    return out;
}

/// The text of the only element that `name`, where it is there, has to hold.
result<std::string> only_child(const pugi::xml_node& root, std::string_view name, std::string_view element) {
    const auto node = child(root, name);
    if (!node)
        return std::string();
    auto text = optional_text(node, element);
    LABSTORE_TRY(text);
    if (!*text)
        return make_error_code(errc::malformed_xml);
    return std::move(**text);
}

}  // namespace

result<storage::website_config> parse_website(std::string_view text) {
    const auto parsed = document::parse(text, "WebsiteConfiguration");
    if (!parsed)
        return parsed.error();
    const auto root = parsed->root();
    storage::website_config out;
    if (const auto all = child(root, "RedirectAllRequestsTo")) {
        auto where = parse_redirect(all);
        LABSTORE_TRY(where);
        out.redirect_all = std::move(*where);
        if (out.redirect_all->host.empty())
            return make_error_code(errc::malformed_xml);
    }
    auto suffix = only_child(root, "IndexDocument", "Suffix");
    LABSTORE_TRY(suffix);
    out.index_suffix = std::move(*suffix);
    auto error_key = only_child(root, "ErrorDocument", "Key");
    LABSTORE_TRY(error_key);
    out.error_key = std::move(*error_key);
    auto rules = parse_children(child(root, "RoutingRules"), "RoutingRule", parse_rule);
    LABSTORE_TRY(rules);
    out.rules = std::move(*rules);
    return out;
}

}  // namespace labstore::s3::xml
