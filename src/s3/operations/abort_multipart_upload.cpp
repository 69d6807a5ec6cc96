#include "s3/multipart.hpp"
#include "s3/operations/operations.hpp"

namespace labstore::s3::operations {

awaitable<result<void>> abort_multipart_upload(call& request) {
    const auto id = upload_id_of(request);
    LABSTORE_CO_TRY(id);
    auto aborting = request.store.abort_upload(request.target.bucket, request.target.key, *id);
    const auto aborted = co_await std::move(aborting);
    LABSTORE_CO_TRY(aborted);
    auto answering = respond_empty(request, http::response_head(204));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3::operations
