// What a call of a coroutine costs, with and without the pool of frames.
#include "labstore/runtime.hpp"

#include <benchmark/benchmark.h>

#include <array>

namespace labstore::runtime {
namespace {

/// About as many as a request has one below the other.
constexpr int depth = 10;
constexpr int calls = 100;

awaitable<int> descend(int levels) {
    // Frames of a request have some hundred bytes of locals.
    std::array<char, 256> locals{};
    benchmark::DoNotOptimize(locals.data());
    if (levels == 0)
        co_return 0;
    auto below = descend(levels - 1);
    const auto reached = co_await std::move(below);
    benchmark::DoNotOptimize(locals.data());
    co_return reached + 1;
}

awaitable<void> call_many(int& reached) {
    for (int i = 0; i < calls; ++i) {
        auto task = descend(depth);
        reached += co_await std::move(task);
    }
}

/// Argument: bytes that the pool may keep.
void bench_nested_coroutines(benchmark::State& state) {
    const auto usual = frame_pool_bytes_max();
    set_frame_pool_bytes_max(static_cast<std::uint64_t>(state.range(0)));
    for (auto _ : state) {
        asio::io_context context(1);
        task_group tasks;
        int reached = 0;
        if (!tasks.spawn(context.get_executor(), call_many(reached)))
            state.SkipWithError("the task is not taken");
        context.run();
        if (reached != calls * depth)
            state.SkipWithError("the coroutines do not end");
    }
    set_frame_pool_bytes_max(usual);
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * calls * (depth + 1));
}

BENCHMARK(bench_nested_coroutines)->Arg(0)->Arg(static_cast<std::int64_t>(frame_pool_bytes_max_default));

}  // namespace
}  // namespace labstore::runtime
