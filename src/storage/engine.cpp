#include "storage/engine.hpp"

#include "storage/clean_up.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace labstore::storage {
namespace {

awaitable<void> load_into(engine& store, result<void>& outcome) {
    outcome = co_await store.load();
}

}  // namespace

engine::engine(
    options settings, meta::store& index, blob::store& blobs, const clock& time, runtime::blocking_pool& pool
)
    : all_(settings, index, blobs, time, pool), referee_(all_) {}

void engine::start_maintenance(boost::asio::any_io_executor executor, runtime::task_group& tasks) {
    tasks.spawn(executor, maintain(tasks));
    tasks.spawn(std::move(executor), follow_rules(tasks));
}

awaitable<void> engine::maintain(runtime::task_group& tasks) {
    const auto executor = co_await boost::asio::this_coro::executor;
    while (!tasks.stopping()) {
        // A failure here is tried again after the pause: nothing but space depends on it.
        auto cleaned = co_await clean_up_pass(all_);
        auto maintained = co_await all_.blobs.maintain(referee_);
        const bool more = (cleaned && *cleaned) || (maintained && maintained->more);
        if (more) {
            co_await boost::asio::post(executor, boost::asio::use_awaitable);
            continue;
        }
        auto slept = co_await runtime::sleep_for(all_.settings.maintenance_interval, tasks);
        if (!slept)
            break;
    }
}

statistics engine::stats() const {
    statistics out;
    out.buckets = all_.buckets.size();
    out.clean_up_pending = all_.clean_ups.pending();
    out.unknown_outcomes = all_.unknown_outcomes.load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < lifecycle_actions; ++i)
        out.lifecycle.done[i] = all_.lifecycle.done[i].load(std::memory_order_relaxed);
    out.lifecycle.refused = all_.lifecycle.refused.load(std::memory_order_relaxed);
    out.lifecycle.rows_visited = all_.lifecycle.rows_visited.load(std::memory_order_relaxed);
    out.lifecycle.rows_stale = all_.lifecycle.rows_stale.load(std::memory_order_relaxed);
    out.lifecycle.rows_built = all_.lifecycle.rows_built.load(std::memory_order_relaxed);
    out.lifecycle.lag_seconds = all_.lifecycle.lag_seconds.load(std::memory_order_relaxed);
    return out;
}

result<std::unique_ptr<object_store>> open(
    options settings, meta::store& index, blob::store& blobs, const clock& time, runtime::blocking_pool& pool
) {
    auto store = std::make_unique<engine>(settings, index, blobs, time, pool);
    boost::asio::io_context context;
    runtime::task_group tasks;
    result<void> outcome = errc::internal;
    const bool spawned = tasks.spawn(context.get_executor(), load_into(*store, outcome));
    LABSTORE_ASSERT(spawned);
    context.run();
    tasks.wait();
    LABSTORE_TRY(outcome);
    return std::unique_ptr<object_store>(std::move(store));
}

}  // namespace labstore::storage
