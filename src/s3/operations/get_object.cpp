#include "s3/object_read.hpp"
#include "s3/operations/operations.hpp"

namespace labstore::s3::operations {

awaitable<result<void>> get_object(call& request) {
    read_plan plan;
    auto planning = plan_read(request, plan, true);
    const auto planned = co_await std::move(planning);
    if (!planned && to_errc(planned.error()) == errc::not_modified) {
        auto answering = respond_not_modified(request, plan.object());
        const auto answered = co_await std::move(answering);
        co_return answered;
    }
    LABSTORE_CO_TRY(planned);
    auto head = describe_read(request, plan);
    auto sending = send_object(request, *plan.reader, plan.bytes, std::move(head));
    const auto sent = co_await std::move(sending);
    co_return sent;
}

}  // namespace labstore::s3::operations
