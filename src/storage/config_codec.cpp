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

filter_form to_form(std::uint32_t from) {
    switch (from) {
        case 1:
            return filter_form::conjunction;
        case 2:
            return filter_form::prefix_of_rule;
        default:
            return filter_form::single;
    }
}

std::uint32_t from_form(filter_form from) {
    switch (from) {
        case filter_form::conjunction:
            return 1;
        case filter_form::prefix_of_rule:
            return 2;
        case filter_form::single:
            break;
    }
    return 0;
}

lifecycle_filter to_filter(const records::lifecycle_filter& from) {
    lifecycle_filter out;
    out.form = to_form(from.form());
    if (from.has_prefix())
        out.prefix = from.prefix();
    for (const auto& tag : from.tags())
        out.tags.emplace_back(tag.name(), tag.value());
    if (from.has_size_greater_than())
        out.size_greater_than = from.size_greater_than();
    if (from.has_size_less_than())
        out.size_less_than = from.size_less_than();
    return out;
}

void set_filter(records::lifecycle_filter& to, const lifecycle_filter& from) {
    to.set_form(from_form(from.form));
    if (from.prefix)
        to.set_prefix(*from.prefix);
    for (const auto& [name, value] : from.tags) {
        auto& tag = *to.add_tags();
        tag.set_name(name);
        tag.set_value(value);
    }
    if (from.size_greater_than)
        to.set_size_greater_than(*from.size_greater_than);
    if (from.size_less_than)
        to.set_size_less_than(*from.size_less_than);
}

lifecycle_rule to_rule(const records::lifecycle_rule& from) {
    lifecycle_rule out;
    out.id = from.id();
    out.enabled = from.enabled();
    out.filter = to_filter(from.filter());
    if (from.has_expire_days())
        out.expire_days = from.expire_days();
    if (from.has_expire_date_ns())
        out.expire_date = wall_time(std::chrono::nanoseconds(from.expire_date_ns()));
    if (from.has_expire_markers())
        out.expire_markers = from.expire_markers();
    if (from.has_noncurrent_days())
        out.noncurrent_days = from.noncurrent_days();
    if (from.has_newer_noncurrent_versions())
        out.newer_noncurrent_versions = from.newer_noncurrent_versions();
    if (from.has_abort_days())
        out.abort_days = from.abort_days();
    return out;
}

void set_rule(records::lifecycle_rule& to, const lifecycle_rule& from) {
    to.set_id(from.id);
    to.set_enabled(from.enabled);
    set_filter(*to.mutable_filter(), from.filter);
    if (from.expire_days)
        to.set_expire_days(*from.expire_days);
    if (from.expire_date)
        to.set_expire_date_ns(from.expire_date->time_since_epoch().count());
    if (from.expire_markers)
        to.set_expire_markers(*from.expire_markers);
    if (from.noncurrent_days)
        to.set_noncurrent_days(*from.noncurrent_days);
    if (from.newer_noncurrent_versions)
        to.set_newer_noncurrent_versions(*from.newer_noncurrent_versions);
    if (from.abort_days)
        to.set_abort_days(*from.abort_days);
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
    for (const auto& rule : from.lifecycle().rules())
        out->lifecycle.rules.push_back(to_rule(rule));
    out->lifecycle.transition_minimum = from.lifecycle().transition_minimum();
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
    to.clear_lifecycle();
    if (from.lifecycle == lifecycle_configuration{})
        return;
    auto& lifecycle = *to.mutable_lifecycle();
    for (const auto& rule : from.lifecycle.rules)
        set_rule(*lifecycle.add_rules(), rule);
    lifecycle.set_transition_minimum(from.lifecycle.transition_minimum);
}

}  // namespace labstore::storage
