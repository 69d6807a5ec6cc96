#include "s3/website.hpp"

#include "labstore/base.hpp"

namespace labstore::s3 {

namespace {

constexpr unsigned moved_permanently = 301;

std::string origin_of(const storage::website_redirect& redirect, const website_visit& visit) {
    std::string out = redirect.protocol.empty() ? (visit.secure ? "https" : "http") : redirect.protocol;
    out += "://";
    out += redirect.host.empty() ? std::string(visit.host) : redirect.host;
    return out;
}

std::string_view without_port(std::string_view host) noexcept {
    if (host.starts_with('['))
        return host.substr(0, host.find(']') + 1);
    return host.substr(0, host.find(':'));
}

bool applies(
    const storage::website_rule& rule, const website_visit& visit, std::optional<unsigned> error_status
) {
    if (rule.key_prefix && !visit.key.starts_with(*rule.key_prefix))
        return false;
    return rule.error_status ? error_status && *error_status == *rule.error_status : !error_status;
}

std::string replaced_key(const storage::website_rule& rule, std::string_view key) {
    if (rule.redirect.key)
        return *rule.redirect.key;
    if (!rule.redirect.key_prefix)
        return std::string(key);
    const auto cut = rule.key_prefix ? rule.key_prefix->size() : 0;
    return *rule.redirect.key_prefix + std::string(key.substr(cut));
}

}  // namespace

std::string website_bucket(std::string_view host, const std::vector<std::string>& domains) {
    auto name = to_lower(without_port(host));
    for (const auto& domain : domains) {
        const auto ending = '.' + to_lower(domain);
        if (name.size() > ending.size() && name.ends_with(ending)) {
            name.resize(name.size() - ending.size());
            break;
        }
    }
    return name;
}

std::string page_key(const storage::website_config& site, std::string_view key) {
    std::string out(key);
    if (out.empty() || out.back() == '/')
        out += site.index_suffix;
    return out;
}

std::optional<redirection> redirect_all(const storage::website_config& site, const website_visit& visit) {
    if (!site.redirect_all)
        return std::nullopt;
    return redirection{moved_permanently, origin_of(*site.redirect_all, visit) + std::string(visit.target)};
}

std::optional<redirection> redirect_by_rule(
    const storage::website_config& site, const website_visit& visit, std::optional<unsigned> error_status
) {
    for (const auto& rule : site.rules) {
        if (!applies(rule, visit, error_status))
            continue;
        const auto& redirect = rule.redirect;
        auto location = origin_of(redirect, visit) + '/';
        append_percent_encoded(location, replaced_key(rule, visit.key), keep_slash::yes);
        return redirection{redirect.status == 0 ? moved_permanently : redirect.status, std::move(location)};
    }
    return std::nullopt;
}

}  // namespace labstore::s3
