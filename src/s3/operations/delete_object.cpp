#include "s3/conditions.hpp"
#include "s3/object_headers.hpp"
#include "s3/object_lock.hpp"
#include "s3/object_read.hpp"
#include "s3/operations/operations.hpp"

namespace labstore::s3::operations {

awaitable<result<void>> delete_object(call& request) {
    auto name = object_name_of(request);
    LABSTORE_CO_TRY(name);
    auto conditions = delete_conditions_of(request);
    LABSTORE_CO_TRY(conditions);
    conditions->bypass_governance = bypasses_governance(request);
    auto deleting = request.store.delete_object(std::move(*name), std::move(*conditions));
    const auto deleted = co_await std::move(deleting);
    if (!deleted && to_errc(deleted.error()) == errc::access_denied)
        co_return request.fail(errc::access_denied, std::string(lock_refusal));
    LABSTORE_CO_TRY(deleted);
    http::response_head head(204);
    if (deleted->delete_marker)
        head.add("x-amz-delete-marker", "true");
    add_version_id(head, deleted->version_id);
    auto answering = respond_empty(request, std::move(head));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3::operations
