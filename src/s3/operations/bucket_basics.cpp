#include "s3/operations/operations.hpp"
#include "s3/xml/writer.hpp"

namespace labstore::s3::operations {

awaitable<result<void>> head_bucket(call& request) {
    http::response_head head(200);
    head.add("Content-Type", "application/xml");
    head.add("x-amz-bucket-region", request.bucket->region);
    head.add("x-amz-access-point-alias", "false");
    return request.exchange.respond_head_only(std::move(head), 0);
}

awaitable<result<void>> get_bucket_location(call& request) {
    xml::writer out;
    out.open_root("LocationConstraint");
    if (request.bucket->region != "us-east-1")  // the first region has no name here
        out.text(request.bucket->region);
    out.close("LocationConstraint");
    return respond_xml(request, out.take());
}

awaitable<result<void>> delete_bucket(call& request) {
    auto deleting = request.store.delete_bucket(request.target.bucket);
    const auto deleted = co_await std::move(deleting);
    LABSTORE_CO_TRY(deleted);
    auto answering = respond_empty(request, http::response_head(204));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3::operations
