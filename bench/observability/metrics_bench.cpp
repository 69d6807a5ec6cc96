// What counting costs a request, on one thread and on four at once (the cost of a shared line shows there), and what a
// scrape costs the server. CPU of a thread is what counts: real time is only shown where threads meet.
#include "server/outcome_table.hpp"

#include "labstore/observability/metrics.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <chrono>

namespace labstore::metrics {
namespace {

constexpr int threads_at_once = 4;

void bench_counter_add(benchmark::State& state) {
    static counter count;
    for (auto _ : state)
        count.add();
}

void bench_histogram_observe(benchmark::State& state) {
    static histogram time(duration_bounds());
    double value = 0.00007;
    for (auto _ : state) {
        time.observe(value);
        value = value < 1 ? value * 1.7 : 0.00007;
    }
}

/// As request_log::on_finished counts a GET: its place in the table, then every metric of it.
void bench_request(benchmark::State& state) {
    static registry numbers;
    static server::outcome_table outcomes(numbers);
    constexpr std::array<std::string_view, 4> operations{
        "GetObject", "PutObject", "HeadObject", "DeleteObject"};
    std::size_t turn = 0;
    for (auto _ : state) {
        const auto& series = outcomes.find({operations[turn++ % operations.size()], "", 200});
        series.requests.add();
        series.duration.observe(std::chrono::microseconds(420));
        series.first_byte.observe(std::chrono::microseconds(310));
        series.bytes_in.add(100);
        series.bytes_out.add(4096);
    }
}

/// A page as a server that has met thirty operations and some errors of each shows it.
void bench_render(benchmark::State& state) {
    registry numbers;
    server::outcome_table outcomes(numbers);
    static std::array<std::string, 30> operations;
    for (std::size_t i = 0; i < operations.size(); ++i) {
        operations[i] = "OperationNumber" + std::to_string(i);
        for (const std::string_view code : {"", "NoSuchKey", "AccessDenied", "SlowDown"})
            outcomes.find({operations[i], code, 200}).duration.observe(0.001);
    }
    std::size_t size = 0;
    for (auto _ : state)
        size = numbers.render_prometheus().size();
    state.counters["page_bytes"] = static_cast<double>(size);
}

BENCHMARK(bench_counter_add)->Threads(1)->Threads(threads_at_once);
BENCHMARK(bench_histogram_observe)->Threads(1)->Threads(threads_at_once);
BENCHMARK(bench_request)->Threads(1)->Threads(threads_at_once);
BENCHMARK(bench_render)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace labstore::metrics
