#include "s3/object_read.hpp"
#include "s3/operations/operations.hpp"

namespace labstore::s3::operations {

awaitable<result<void>> head_object(call& request) {
    read_plan plan;
    auto planning = plan_read(request, plan, false);
    const auto planned = co_await std::move(planning);
    if (!planned && to_errc(planned.error()) == errc::not_modified) {
        auto answering = respond_not_modified(request, plan.object());
        const auto answered = co_await std::move(answering);
        co_return answered;
    }
    LABSTORE_CO_TRY(planned);
    auto answering = request.exchange.respond_head_only(describe_read(request, plan), plan.bytes.size_bytes);
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3::operations
