#include "auth/scope.hpp"

#include <algorithm>

namespace labstore::auth {
namespace {

/// The path names a bucket and no key.
bool names_bucket(const http::request_head& head, std::span<const std::string> domains) {
    auto path = head.path;
    if (!path.empty())
        path.remove_prefix(1);
    if (!virtual_host_bucket(head.host, domains).empty())
        return path.empty();
    const auto slash = path.find('/');
    return slash != 0 && !path.empty() && (slash == std::string_view::npos || slash + 1 == path.size());
}

}  // namespace

result<void> require_scope(
    const credential_scope& scope,
    std::string_view amz_date,
    std::string_view region,
    bool any_region,
    scope_place place,
    refusal& why
) {
    const bool region_fits = any_region || scope.region == region;
    const bool service_fits = scope.service == signing_service;
    if (region_fits && service_fits && amz_date.starts_with(scope.date))
        return {};
    const bool in_header = place == scope_place::header;
    const auto error =
        in_header ? errc::authorization_header_malformed : errc::authorization_query_parameters_error;
    std::string text(
        in_header ? "The authorization header is malformed; "
                  : "Error parsing the X-Amz-Credential parameter; "
    );
    if (!region_fits) {
        text.append("the region '").append(scope.region);
        text.append("' is wrong; expecting '").append(region).append("'");
        return why.with("Region", std::string(region)).because(error, std::move(text));
    }
    if (!service_fits) {
        text.append("incorrect service \"").append(scope.service);
        text.append("\". This endpoint belongs to \"").append(signing_service).append("\".");
        return why.because(error, std::move(text));
    }
    text.append("Invalid credential date \"").append(scope.date);
    text.append("\". This date is not the same as X-Amz-Date: \"")
        .append(amz_date.substr(0, 8))
        .append("\".");
    return why.because(error, std::move(text));
}

bool asks_bucket_location(
    const http::request_head& head,
    std::span<const query_parameter> query,
    std::span<const std::string> domains
) {
    if (head.method_text != "GET" || count_parameter(query, "location") != 1 || !names_bucket(head, domains))
        return false;
    return std::ranges::all_of(query, [](const query_parameter& piece) {
        return piece.name == "location" || piece.name == "x-id" || piece.name.starts_with("X-Amz-");
    });
}

}  // namespace labstore::auth
