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

}  // namespace

std::shared_ptr<const bucket_config> to_config(const records::bucket& from) {
    auto out = std::make_shared<bucket_config>();
    for (const auto& tag : from.tags())
        out->tags.emplace_back(tag.name(), tag.value());
    for (const auto& rule : from.cors())
        out->cors.push_back(to_rule(rule));
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
}

}  // namespace labstore::storage
