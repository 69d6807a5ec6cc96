#include "s3/preflight.hpp"

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
    co_return request.fail_with(403, "AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.");
}

}  // namespace labstore::s3
