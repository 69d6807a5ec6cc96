// How rows are written for RocksDB, there and back.
#include "meta/row_codec.hpp"

#include <benchmark/benchmark.h>

namespace labstore::meta {
namespace {

constexpr std::string_view usual_key = "ofolder/of/usual/length/object-000123.bin";

void bench_encode_row_key(benchmark::State& state) {
    for (auto _ : state)
        benchmark::DoNotOptimize(encode_key(partition_id{1}, usual_key));
}

void bench_decode_row(benchmark::State& state) {
    const auto key = encode_key(partition_id{1}, usual_key);
    const auto revision = encode_revision(42);
    const auto value = std::string(revision.begin(), revision.end()) + std::string(300, 'v');
    for (auto _ : state) {
        benchmark::DoNotOptimize(decode_key(key));
        benchmark::DoNotOptimize(decode_value(value));
    }
}

BENCHMARK(bench_encode_row_key);
BENCHMARK(bench_decode_row);

}  // namespace
}  // namespace labstore::meta
