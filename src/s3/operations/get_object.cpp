#include "s3/object_read.hpp"
#include "s3/operations/operations.hpp"

namespace labstore::s3::operations {

namespace {

/// The first bytes are read before the head goes out: damage found there is still an error answer. Damage found
/// later cuts the connection, so that nobody takes the part for the whole. Bytes that were checked before and are
/// still in memory go out from there, uncopied.
awaitable<result<void>> send(call& request, read_plan& plan) {
    auto offset = plan.bytes.first;
    auto left = plan.bytes.size_bytes;
    auto head = describe_read(request, plan);
    if (left == 0) {
        auto answering = request.exchange.respond(std::move(head), {});
        const auto answered = co_await std::move(answering);
        co_return answered;
    }
    bool started = false;
    while (left != 0) {
        const auto there = plan.reader->checked_in_memory(offset, left);
        if (there) {
            if (!std::exchange(started, true)) {
                auto starting = request.exchange.start(std::move(head), left);
                const auto begun = co_await std::move(starting);
                LABSTORE_CO_TRY(begun);
            }
            auto sending =
                request.exchange.write_from_file(there->descriptor, there->offset, there->size_bytes);
            const auto sent = co_await std::move(sending);
            LABSTORE_CO_TRY(sent);
            offset += *sent;
            left -= *sent;
            continue;
        }
        auto reading = plan.reader->read(offset, left);
        const auto piece = co_await std::move(reading);
        LABSTORE_CO_TRY(piece);
        LABSTORE_ASSERT(!piece->empty() && piece->size() <= left);
        if (!started) {
            auto starting = request.exchange.start(std::move(head), left);
            const auto begun = co_await std::move(starting);
            LABSTORE_CO_TRY(begun);
            started = true;
        }
        auto writing = request.exchange.write(*piece);
        const auto written = co_await std::move(writing);
        LABSTORE_CO_TRY(written);
        offset += piece->size();
        left -= piece->size();
    }
    co_return result<void>{};
}

}  // namespace

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
    auto sending = send(request, plan);
    const auto sent = co_await std::move(sending);
    co_return sent;
}

}  // namespace labstore::s3::operations
