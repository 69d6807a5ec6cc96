// Whole requests through the S3 service, over stores in memory and without a socket: what protocol and storage cost
// together when neither network nor disk takes part.
#include "unit/s3/s3_fixture.hpp"

#include <benchmark/benchmark.h>

namespace labstore::s3 {
namespace {

constexpr std::size_t page_keys = 1000;

std::string key_of(std::size_t number) {
    return "folder/of/usual/length/object-" + std::to_string(1'000'000 + number);
}

void ask_many(
    benchmark::State& state, s3_fixture& s3, const std::string& head, const std::string& body = {}
) {
    for (auto _ : state) {
        const auto answer = s3.send(head, body);
        if (answer->status() != 200)
            state.SkipWithError("the service does not answer 200");
        benchmark::DoNotOptimize(answer->body().data());
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

void bench_get_object(benchmark::State& state) {
    s3_fixture s3;
    s3.make_bucket();
    s3.put(key_of(0), std::string(4 * KiB, 'x'));
    ask_many(state, s3, "GET /bkt/" + key_of(0));
}

void bench_head_object(benchmark::State& state) {
    s3_fixture s3;
    s3.make_bucket();
    s3.put(key_of(0), std::string(4 * KiB, 'x'));
    ask_many(state, s3, "HEAD /bkt/" + key_of(0));
}

void bench_put_object(benchmark::State& state) {
    s3_fixture s3;
    s3.make_bucket();
    ask_many(state, s3, "PUT /bkt/" + key_of(0), std::string(4 * KiB, 'x'));
}

void bench_list_objects_v2(benchmark::State& state) {
    s3_fixture s3;
    s3.make_bucket();
    for (std::size_t i = 0; i < page_keys; ++i)
        s3.put(key_of(i), {});
    ask_many(state, s3, "GET /bkt?list-type=2&encoding-type=url");
}

void bench_list_objects_v2_delimiter(benchmark::State& state) {
    s3_fixture s3;
    s3.make_bucket();
    for (std::size_t i = 0; i < page_keys; ++i)
        s3.put(std::to_string(i / 10) + "/" + key_of(i), {});
    ask_many(state, s3, "GET /bkt?list-type=2&delimiter=%2F&max-keys=1000");
}

BENCHMARK(bench_get_object);
BENCHMARK(bench_head_object);
// What a PUT replaces stays in memory, so their number is bounded.
BENCHMARK(bench_put_object)->Iterations(2000);
BENCHMARK(bench_list_objects_v2)->Unit(benchmark::kMicrosecond);
BENCHMARK(bench_list_objects_v2_delimiter)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace labstore::s3
