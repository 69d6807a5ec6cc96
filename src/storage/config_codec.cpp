#include "storage/config_codec.hpp"

#include <utility>

namespace labstore::storage {
namespace {

cors_rule to_rule(const records::cors_rule& from) {
    cors_rule out;
    out.id = from.id();
    out.origins.assign(from.origins().begin(), from.origins().end());
    out.methods.assign(from.methods().begin(), from.methods().end());
    out.headers.assign(from.headers().begin(), from.headers().end());
    out.exposed_headers.assign(from.exposed_headers().begin(), from.exposed_headers().end());
    if (from.has_max_age_seconds())
        out.max_age_seconds = from.max_age_seconds();
    return out;
}

void set_rule(records::cors_rule& to, const cors_rule& from) {
    to.set_id(from.id);
    to.mutable_origins()->Assign(from.origins.begin(), from.origins.end());
    to.mutable_methods()->Assign(from.methods.begin(), from.methods.end());
    to.mutable_headers()->Assign(from.headers.begin(), from.headers.end());
    to.mutable_exposed_headers()->Assign(from.exposed_headers.begin(), from.exposed_headers.end());
    if (from.max_age_seconds)
        to.set_max_age_seconds(*from.max_age_seconds);
}

website_redirect to_redirect(const records::website_redirect& from) {
    website_redirect out;
    out.protocol = from.protocol();
    out.host = from.host();
    if (from.has_key_prefix())
        out.key_prefix = from.key_prefix();
    if (from.has_key())
        out.key = from.key();
    out.status = static_cast<std::uint16_t>(from.status());
    return out;
}

void set_redirect(records::website_redirect& to, const website_redirect& from) {
    to.set_protocol(from.protocol);
    to.set_host(from.host);
    if (from.key_prefix)
        to.set_key_prefix(*from.key_prefix);
    if (from.key)
        to.set_key(*from.key);
    to.set_status(from.status);
}

website_config to_website(const records::website& from) {
    website_config out;
    out.index_suffix = from.index_suffix();
    out.error_key = from.error_key();
    if (from.has_redirect_all())
        out.redirect_all = to_redirect(from.redirect_all());
    for (const auto& rule : from.rules()) {
        auto& added = out.rules.emplace_back();
        if (rule.has_key_prefix())
            added.key_prefix = rule.key_prefix();
        if (rule.has_error_status())
            added.error_status = static_cast<std::uint16_t>(rule.error_status());
        added.redirect = to_redirect(rule.redirect());
    }
    return out;
}

void set_website(records::website& to, const website_config& from) {
    to.set_index_suffix(from.index_suffix);
    to.set_error_key(from.error_key);
    if (from.redirect_all)
        set_redirect(*to.mutable_redirect_all(), *from.redirect_all);
    for (const auto& rule : from.rules) {
        auto& added = *to.add_rules();
        if (rule.key_prefix)
            added.set_key_prefix(*rule.key_prefix);
        if (rule.error_status)
            added.set_error_status(*rule.error_status);
        set_redirect(*added.mutable_redirect(), rule.redirect);
    }
}

}  // namespace

std::shared_ptr<const bucket_config> to_config(const records::bucket& from) {
    auto out = std::make_shared<bucket_config>();
    for (const auto& tag : from.tags())
        out->tags.emplace_back(tag.name(), tag.value());
    for (const auto& rule : from.cors())
        out->cors.push_back(to_rule(rule));
    if (from.has_website())
        out->website = to_website(from.website());
    if (from.has_default_retention()) {
        const auto& rule = from.default_retention();
        out->default_retention =
            default_retention{static_cast<retention_mode>(rule.mode()), rule.days(), rule.years()};
    }
    if (*out == bucket_config{})
        return nullptr;
    return out;
}

void set_config(records::bucket& to, const bucket_config& from) {
    to.clear_tags();
    for (const auto& [name, value] : from.tags) {
        auto& tag = *to.add_tags();
        tag.set_name(name);
        tag.set_value(value);
    }
    to.clear_cors();
    for (const auto& rule : from.cors)
        set_rule(*to.add_cors(), rule);
    to.clear_website();
    if (from.website)
        set_website(*to.mutable_website(), *from.website);
    to.clear_default_retention();
    if (from.default_retention) {
        auto& rule = *to.mutable_default_retention();
        rule.set_mode(static_cast<std::uint32_t>(from.default_retention->mode));
        rule.set_days(from.default_retention->days);
        rule.set_years(from.default_retention->years);
    }
}

}  // namespace labstore::storage
