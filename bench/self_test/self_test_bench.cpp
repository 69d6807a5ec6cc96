// What `bench-compare.sh --self-test` measures the measurement with. Each benchmark has a loop of a hundred equal steps;
// LABSTORE_BENCH_SLOWED=NAME:PERCENT makes the loop of the one of that name do so many steps more.
#include "labstore/base.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

namespace labstore {
namespace {

constexpr int usual_steps = 100;

int steps_of(std::string_view benchmark) {
    const char* const set = std::getenv("LABSTORE_BENCH_SLOWED");
    const std::string_view text = set == nullptr ? "" : set;
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || text.substr(0, colon) != benchmark)
        return usual_steps;
    int percent = 0;
    const auto digits = text.substr(colon + 1);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), percent);
    LABSTORE_ASSERT(read.ec == std::errc() && percent > 0);
    return usual_steps + usual_steps * percent / 100;
}

template <typename Step>
void repeat(benchmark::State& state, std::string_view name, Step step) {
    const int steps = steps_of(name);
    for (auto _ : state)
        for (int i = 0; i < steps; ++i)
            step(i);
    state.counters["steps"] = steps;
}

/// Nothing but arithmetic, each step waiting for the one before.
void arithmetic(benchmark::State& state) {
    std::uint64_t value = 1;
    repeat(state, "arithmetic", [&value](int i) {
        value = value * 6364136223846793005ULL + static_cast<std::uint64_t>(i);
        benchmark::DoNotOptimize(value);
    });
}

void copy_memory(benchmark::State& state) {
    const std::vector<char> from(16 * KiB, 'x');
    std::vector<char> to(from.size());
    repeat(state, "copy_memory", [&](int) {
        std::memcpy(to.data(), from.data(), from.size());
        benchmark::ClobberMemory();
    });
}

/// Dependent loads across more than the first cache.
void chase_pointers(benchmark::State& state) {
    std::vector<std::uint32_t> next(32 * KiB);
    const auto size = static_cast<std::uint32_t>(next.size());
    for (std::uint32_t i = 0; i < size; ++i)
        next[i] = (i + 12'289) % size;
    std::uint32_t at = 0;
    repeat(state, "chase_pointers", [&](int) {
        at = next[at];
        benchmark::DoNotOptimize(at);
    });
}

void allocate(benchmark::State& state) {
    repeat(state, "allocate", [](int i) {
        std::string text(100 + static_cast<std::size_t>(i % 7) * 64, 'x');
        benchmark::DoNotOptimize(text.data());
    });
}

/// Branches that cannot be foretold.
void sort_numbers(benchmark::State& state) {
    std::array<std::uint32_t, 64> drawn{};
    std::uint32_t value = 1;
    std::generate(drawn.begin(), drawn.end(), [&value] { return value = value * 1664525 + 1013904223; });
    repeat(state, "sort_numbers", [&](int) {
        auto numbers = drawn;
        std::sort(numbers.begin(), numbers.end());
        benchmark::DoNotOptimize(numbers.data());
    });
}

BENCHMARK(arithmetic);
BENCHMARK(copy_memory);
BENCHMARK(chase_pointers);
BENCHMARK(allocate);
BENCHMARK(sort_numbers);

}  // namespace
}  // namespace labstore
