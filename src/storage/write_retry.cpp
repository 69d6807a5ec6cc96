#include "storage/write_retry.hpp"

#include "storage/bucket_state.hpp"
#include "storage/row_keys.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace labstore::storage {
namespace {

constexpr std::uint32_t tries_max = 10'000;
constexpr std::uint32_t tries_without_pause = 16;
constexpr std::chrono::seconds contention_max{30};
constexpr std::chrono::seconds deletion_max{2};
constexpr std::chrono::milliseconds deletion_pause{5};
constexpr std::chrono::milliseconds contention_pause{1};

}  // namespace

runtime::awaitable<void> pause(std::chrono::milliseconds duration) {
    const auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer(executor, duration);
    error_code ignored;
    runtime::work_pause pause;
    co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    pause.end();
}

write_retry::write_retry(services& all, bucket_ptr bucket)
    : all_(all), bucket_(std::move(bucket)), give_up_(std::chrono::steady_clock::now() + contention_max) {}

runtime::awaitable<result<void>> write_retry::next() {
    if (++tries_ > tries_max || std::chrono::steady_clock::now() > give_up_)
        co_return errc::slow_down;
    if (tries_ > tries_without_pause)
        co_await pause(contention_pause);
    const auto deletion_end = std::chrono::steady_clock::now() + deletion_max;
    for (;;) {
        auto state = co_await all_.index.get(partition_of(*bucket_), row_keys::state());
        LABSTORE_CO_TRY(state);
        if (!state->has_value())
            co_return errc::no_such_bucket;
        const auto parsed = parse_state((*state)->value);
        if (!parsed)
            co_return errc::corrupt;
        if (parsed->mark.empty()) {
            bucket_ = all_.buckets.learn_state(bucket_, *parsed, (*state)->rev);
            co_return result<void>();
        }
        if (std::chrono::steady_clock::now() > deletion_end)
            co_return errc::operation_aborted;
        co_await pause(deletion_pause);
    }
}

}  // namespace labstore::storage
