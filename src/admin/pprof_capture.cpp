#include "admin/pprof_capture.hpp"

namespace labstore::admin {
namespace {

constexpr std::chrono::milliseconds look_interval{100};

}  // namespace

runtime::awaitable<result<capture_store::capture>> profile_taker::take(
    http::exchange& request, std::string kind, capture_query asked
) {
    const auto counter = profiling::counter_named(kind);
    auto taking = counter ? read_counter(request, *counter, asked.seconds)
                          : sample_cpu(request, asked.seconds.value_or(capture_time_standard));
    const auto raw = co_await std::move(taking);
    LABSTORE_CO_TRY(raw);
    auto name = [this, &raw] {
        return result<capture_store::capture>(store_.add(profiling::name_profile(*raw)));
    };
    auto naming = pool_.run(name);
    auto named = co_await std::move(naming);
    co_return named;
}

runtime::awaitable<result<profiling::raw_profile>> profile_taker::sample_cpu(
    http::exchange& request, std::chrono::seconds duration
) {
    auto sampling = profiling::cpu_capture::start();
    LABSTORE_CO_TRY(sampling);
    auto waiting = wait(request, duration);
    const auto waited = co_await std::move(waiting);
    LABSTORE_CO_TRY(waited);
    co_return sampling->finish();
}

runtime::awaitable<result<profiling::raw_profile>> profile_taker::read_counter(
    http::exchange& request, profiling::counter which, std::optional<std::chrono::seconds> duration
) {
    std::optional<profiling::allocation_watch> watch;
    if (which == profiling::counter::allocs) {
        watch.emplace();
        duration = duration.value_or(allocs_time_standard);
    }
    auto read = [which] {
        return profiling::read_counter(which);
    };
    auto reading = pool_.run(read);
    auto before = co_await std::move(reading);
    if (!before || !duration)
        co_return before;
    auto waiting = wait(request, *duration);
    const auto waited = co_await std::move(waiting);
    LABSTORE_CO_TRY(waited);
    auto reading_again = pool_.run(read);
    auto after = co_await std::move(reading_again);
    LABSTORE_CO_TRY(after);
    co_return profiling::difference(std::move(*after), *before);
}

/// cancelled when the client has gone; a stop of the server only ends the wait.
runtime::awaitable<result<void>> profile_taker::wait(http::exchange& request, std::chrono::seconds duration) {
    const auto end = std::chrono::steady_clock::now() + duration;
    while (!running_.stopping()) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (left.count() <= 0)
            break;
        auto sleeping = runtime::sleep_for(std::min(left, look_interval), running_);
        const auto slept = co_await std::move(sleeping);
        static_cast<void>(slept);
        if (request.peer_gone())
            co_return errc::cancelled;
    }
    co_return result<void>();
}

}  // namespace labstore::admin
