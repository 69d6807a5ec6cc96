#include "s3/preflight.hpp"

#include "s3/cors.hpp"

namespace labstore::s3 {

awaitable<result<void>> answer_preflight(call& request) {
    if (!request.head().find("Origin"))
        co_return request.fail(errc::bad_request, "Insufficient information. Origin request header needed.");
    const auto method = request.head().find("Access-Control-Request-Method");
    if (!method)
        co_return request.fail(errc::bad_request, "Invalid Access-Control-Request-Method: null");
    if (request.target.bucket.empty())
        co_return make_error_code(errc::method_not_allowed);
    const auto found = request.store.find_bucket(request.target.bucket);
    LABSTORE_CO_TRY(found);
    const auto& config = (*found)->config;
    if (!config || config->cors.empty())
        co_return request.fail_with(
            403, "AccessForbidden", "CORSResponse: CORS is not enabled for this bucket."
        );
    cross_origin_request page;
    page.origin = *request.head().find("Origin");
    page.method = *method;
    page.requested_headers = request.head().find("Access-Control-Request-Headers").value_or("");
    const auto headers = allow_cross_origin(config->cors, page);
    if (headers.empty()) {
        request.detail.elements.emplace_back("Method", std::string(*method));
        request.detail.elements.emplace_back(
            "ResourceType", request.target.key.empty() ? "BUCKET" : "OBJECT"
        );
        co_return request.fail_with(
            403,
            "AccessForbidden",
            "CORSResponse: This CORS request is not allowed. This is usually because the evalution of "
            "Origin, "
            "request method / Access-Control-Request-Method or Access-Control-Request-Headers are not "
            "whitelisted by the resource's CORS spec."
        );
    }
    http::response_head head(200);
    for (const auto& [name, value] : headers)
        head.add(name, value);
    auto answering = respond_empty(request, std::move(head));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3
