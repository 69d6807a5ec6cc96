#include "s3/cors.hpp"

#include "labstore/base.hpp"

#include <algorithm>
#include <optional>

namespace labstore::s3 {

namespace {

const std::string* origin_of(const storage::cors_rule& rule, std::string_view origin) {
    const auto found =
        std::find_if(rule.origins.begin(), rule.origins.end(), [&](const std::string& pattern) {
            return matches_wildcard(pattern, origin);
        });
    return found == rule.origins.end() ? nullptr : &*found;
}

bool allows_header(const storage::cors_rule& rule, std::string_view lower_name) {
    return std::any_of(rule.headers.begin(), rule.headers.end(), [&](const std::string& pattern) {
        return matches_wildcard(to_lower(pattern), lower_name);
    });
}

/// The requested headers as they are answered; nullopt when one is not allowed.
std::optional<std::string> allowed_headers(const storage::cors_rule& rule, std::string_view requested) {
    std::string allowed;
    while (!requested.empty()) {
        const auto comma = requested.find(',');
        const auto name = to_lower(trim(requested.substr(0, comma)));
        requested = comma == std::string_view::npos ? std::string_view{} : requested.substr(comma + 1);
        if (name.empty())
            continue;
        if (!allows_header(rule, name))
            return std::nullopt;
        if (!allowed.empty())
            allowed += ", ";
        allowed += name;
    }
    return allowed;
}

std::string join(const std::vector<std::string>& words) {
    std::string joined;
    for (const auto& word : words) {
        if (!joined.empty())
            joined += ", ";
        joined += word;
    }
    return joined;
}

header_list describe(
    const storage::cors_rule& rule, const std::string& pattern, std::string_view origin, std::string headers
) {
    // A page may send credentials unless anybody's page may call.
    const bool anybody = pattern == "*";
    header_list out;
    out.emplace_back("Access-Control-Allow-Origin", anybody ? pattern : std::string(origin));
    out.emplace_back("Access-Control-Allow-Methods", join(rule.methods));
    if (!headers.empty())
        out.emplace_back("Access-Control-Allow-Headers", std::move(headers));
    if (!rule.exposed_headers.empty())
        out.emplace_back("Access-Control-Expose-Headers", join(rule.exposed_headers));
    if (rule.max_age_seconds)
        out.emplace_back("Access-Control-Max-Age", std::to_string(*rule.max_age_seconds));
    if (!anybody)
        out.emplace_back("Access-Control-Allow-Credentials", "true");
    out.emplace_back("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
    return out;
}

}  // namespace

bool matches_wildcard(std::string_view pattern, std::string_view text) noexcept {
    const auto star = pattern.find('*');
    if (star == std::string_view::npos)
        return pattern == text;
    const auto before = pattern.substr(0, star);
    const auto after = pattern.substr(star + 1);
    return text.size() >= before.size() + after.size() && text.starts_with(before) && text.ends_with(after);
}

header_list allow_cross_origin(
    const std::vector<storage::cors_rule>& rules, const cross_origin_request& asked
) {
    for (const auto& rule : rules) {
        const auto* const pattern = origin_of(rule, asked.origin);
        const bool method =
            std::find(rule.methods.begin(), rule.methods.end(), asked.method) != rule.methods.end();
        if (pattern == nullptr || !method)
            continue;
        if (auto headers = allowed_headers(rule, asked.requested_headers))
            return describe(rule, *pattern, asked.origin, std::move(*headers));
    }
    return {};
}

}  // namespace labstore::s3
