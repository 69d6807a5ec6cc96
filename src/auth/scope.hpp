// Whether a credential scope belongs to this server, and the one request that may carry a foreign one.
#pragma once

#include "auth/authorization.hpp"
#include "auth/canonical.hpp"

#include "labstore/auth.hpp"

#include <span>
#include <string>
#include <string_view>

namespace labstore::auth {

inline constexpr std::string_view signing_service = "s3";

/// Where the scope stood, for the words and the error that AWS has for it.
enum class scope_place { header, query };

/// Our service, the day of `amz_date`, and `region` unless `any_region`. authorization_header_malformed or
/// authorization_query_parameters_error, with what was expected; for a region in an element of its own, by which SDKs
/// find the right one.
[[nodiscard]] result<void> require_scope(
    const credential_scope& scope,
    std::string_view amz_date,
    std::string_view region,
    bool any_region,
    scope_place place,
    refusal& why
);

/// GetBucketLocation and nothing else: "GET /bucket?location", beside it at most credentials and the SDKs' x-id. Clients
/// ask it to learn the region that they have to sign for, so they cannot know it yet.
[[nodiscard]] bool asks_bucket_location(
    const http::request_head& head,
    std::span<const query_parameter> query,
    std::span<const std::string> domains
);

}  // namespace labstore::auth
