#include "labstore/crypto.hpp"

#include "crypto/crc.hpp"

#include <benchmark/benchmark.h>

#include <vector>

namespace labstore::crypto {
namespace {

template <typename Function>
void over_bytes(benchmark::State& state, Function function) {
    const std::vector<std::byte> bytes(static_cast<std::size_t>(state.range(0)), std::byte{0x5A});
    for (auto _ : state)
        benchmark::DoNotOptimize(function(byte_span(bytes)));
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}

void bench_crc32(benchmark::State& state) {
    over_bytes(state, [](byte_span bytes) { return crc32(0, bytes); });
}

void bench_crc32c(benchmark::State& state) {
    over_bytes(state, [](byte_span bytes) { return crc32c(0, bytes); });
}

void bench_crc64_nvme(benchmark::State& state) {
    over_bytes(state, [](byte_span bytes) { return crc64_nvme(0, bytes); });
}

void bench_crc32c_by_table(benchmark::State& state) {
    over_bytes(state, [](byte_span bytes) { return crc32c_by_table(0, bytes); });
}

void bench_md5(benchmark::State& state) {
    over_bytes(state, [](byte_span bytes) { return md5(bytes); });
}

void bench_sha256(benchmark::State& state) {
    over_bytes(state, [](byte_span bytes) { return sha256(bytes); });
}

void bench_hmac_sha256(benchmark::State& state) {
    over_bytes(state, [](byte_span bytes) { return hmac_sha256(bytes, bytes); });
}

BENCHMARK(bench_crc32)->Arg(64)->Arg(4096)->Arg(102400);
BENCHMARK(bench_crc32c)->Arg(64)->Arg(4096)->Arg(102400);
BENCHMARK(bench_crc64_nvme)->Arg(64)->Arg(4096)->Arg(102400);
BENCHMARK(bench_crc32c_by_table)->Arg(4096);
BENCHMARK(bench_md5)->Arg(64)->Arg(102400);
BENCHMARK(bench_sha256)->Arg(64)->Arg(102400);
BENCHMARK(bench_hmac_sha256)->Arg(32);

}  // namespace
}  // namespace labstore::crypto
