#include "s3/configuration.hpp"

namespace labstore::s3 {

awaitable<result<void>> configure(call& request, storage::config_change change, http::response_head head) {
    auto configuring = request.store.configure_bucket(request.target.bucket, std::move(change));
    const auto done = co_await std::move(configuring);
    LABSTORE_CO_TRY(done);
    auto answering = respond_empty(request, std::move(head));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3
