// What one look costs: a CPU sample from the signal to its place in the table (a capture takes 100 of them per CPU
// second, so 10 us are 0.1 %), a sampled allocation or lock wait, and what an allocation and an uncontended lock cost
// while nobody samples.
#include "labstore/profiling.hpp"
#include "profiling/stack_walk.hpp"

#include <benchmark/benchmark.h>

#include <signal.h>

#include <memory>

namespace labstore::profiling {
namespace {

/// As deep as a request's stack on an I/O thread.
constexpr int stack_depth = 24;

[[gnu::noinline]] int deep(int depth, void (*at_the_bottom)()) {
    if (depth == 0)
        at_the_bottom();
    else
        benchmark::DoNotOptimize(deep(depth - 1, at_the_bottom));
    return depth;
}

void send_signal() {
    ::raise(SIGPROF);
}

void walk() {
    stack_room room;
    benchmark::DoNotOptimize(walk_stack(room, 0).size());
}

void nothing() {}

void recursion_alone(benchmark::State& state) {
    for (auto _ : state)
        deep(stack_depth, &nothing);
}

BENCHMARK(recursion_alone);

void cpu_sample(benchmark::State& state) {
    auto capture = cpu_capture::start();
    for (auto _ : state)
        deep(stack_depth, &send_signal);
    benchmark::DoNotOptimize(capture->finish().lost);
}

BENCHMARK(cpu_sample);

void look_at_a_stack(benchmark::State& state) {
    for (auto _ : state)
        deep(stack_depth, &walk);
}

BENCHMARK(look_at_a_stack);

void allocate_unwatched(benchmark::State& state) {
    for (auto _ : state)
        benchmark::DoNotOptimize(std::make_unique<char[]>(256));
}

BENCHMARK(allocate_unwatched);

void allocate_watched(benchmark::State& state) {
    const allocation_watch watch;
    for (auto _ : state)
        benchmark::DoNotOptimize(std::make_unique<char[]>(256));
}

BENCHMARK(allocate_watched);

void lock_uncontended(benchmark::State& state) {
    mutex one;
    for (auto _ : state) {
        const std::lock_guard lock(one);
        benchmark::ClobberMemory();
    }
}

BENCHMARK(lock_uncontended);

void lock_uncontended_std(benchmark::State& state) {
    std::mutex one;
    for (auto _ : state) {
        const std::lock_guard lock(one);
        benchmark::ClobberMemory();
    }
}

BENCHMARK(lock_uncontended_std);

}  // namespace
}  // namespace labstore::profiling
