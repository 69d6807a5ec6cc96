#include "labstore/observability.hpp"

#include <algorithm>
#include <array>

namespace labstore::observability {
namespace {

constexpr std::string_view hidden = "***";

/// Headers whose whole value is a secret.
constexpr std::array<std::string_view, 7> secret_headers{
    "cookie",
    "set-cookie",
    "x-amz-security-token",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-server-side-encryption-customer-key-md5",
    "x-amz-copy-source-server-side-encryption-customer-key",
    "x-amz-copy-source-server-side-encryption-customer-key-md5",
};

/// Query parameters whose value is a secret, beside those that a presigned URL takes over from the headers
/// above.
constexpr std::array<std::string_view, 2> secret_parameters{"x-amz-signature", "signature"};

template <std::size_t Count>
bool contains(const std::array<std::string_view, Count>& list, std::string_view name) {
    return std::any_of(list.begin(), list.end(), [name](std::string_view one) {
        return equal_ignoring_case(one, name);
    });
}

/// `raw_name` as it stands in the query. One that does not decode is treated as secret: nobody can say what
/// it is.
bool is_secret_parameter(std::string_view raw_name) {
    const auto name = percent_decode(raw_name, plus_sign::is_space);
    return !name || contains(secret_parameters, trim(*name)) || contains(secret_headers, trim(*name));
}

/// Hides the values of secret parameters in `query`, which has no '?'.
std::string masked_query(std::string_view query) {
    std::string shown;
    shown.reserve(query.size());
    while (true) {
        const auto end = query.find('&');
        const auto parameter = query.substr(0, end);
        const auto equals = parameter.find('=');
        if (equals != std::string_view::npos && is_secret_parameter(parameter.substr(0, equals))) {
            shown += parameter.substr(0, equals + 1);
            shown += hidden;
        } else {
            shown += parameter;
        }
        if (end == std::string_view::npos)
            return shown;
        shown.push_back('&');
        query.remove_prefix(end + 1);
    }
}

/// "AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=***"; "AWS key:***"; any other scheme keeps
/// its name.
std::string masked_authorization(std::string_view value) {
    const auto blank = value.find(' ');
    if (blank == std::string_view::npos)
        return std::string(hidden);
    const auto scheme = value.substr(0, blank);
    const auto rest = value.substr(blank + 1);
    std::string shown(value.substr(0, blank + 1));
    if (scheme.starts_with("AWS4-")) {
        // Only the two parts known to be public are shown.
        for (const std::string_view part :
             {std::string_view("Credential="), std::string_view("SignedHeaders=")}) {
            const auto at = rest.find(part);
            if (at == std::string_view::npos)
                continue;
            const auto from = rest.substr(at);
            shown += from.substr(0, from.find_first_of(", "));
            shown += ", ";
        }
        shown += "Signature=";
    } else if (scheme == "AWS") {
        const auto colon = rest.find(':');
        if (colon != std::string_view::npos)
            shown += rest.substr(0, colon + 1);
    }
    shown += hidden;
    return shown;
}

}  // namespace

std::string masked_header_value(std::string_view name, std::string_view value) {
    if (equal_ignoring_case(name, "authorization") || equal_ignoring_case(name, "proxy-authorization"))
        return masked_authorization(value);
    if (contains(secret_headers, name))
        return std::string(hidden);
    // Referer, Location and their like may hold a presigned URL.
    return masked_target(value);
}

std::string masked_target(std::string_view raw) {
    const auto question = raw.find('?');
    if (question == std::string_view::npos)
        return std::string(raw);
    std::string shown(raw.substr(0, question + 1));
    shown += masked_query(raw.substr(question + 1));
    return shown;
}

}  // namespace labstore::observability
