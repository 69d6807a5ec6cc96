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

void bench_md5_stream(benchmark::State& state) {
    over_bytes(state, [](byte_span bytes) {
        md5_stream stream;
        stream.update(bytes);
        return stream.finish();
    });
}

/// So many messages of 100 KiB together, by the instructions named.
void bench_md5_lanes(benchmark::State& state, md5_width width) {
    if (width > widest_md5()) {
        state.SkipWithError("not in this processor");
        return;
    }
    const auto messages = static_cast<std::size_t>(state.range(0));
    const std::vector<std::vector<std::byte>> bytes(
        messages, std::vector<std::byte>(102400, std::byte{0x5A})
    );
    std::vector<md5_stream> sums(messages);
    std::vector<md5_job> jobs(messages);
    md5_lanes lanes(width);
    for (auto _ : state) {
        for (std::size_t i = 0; i < messages; ++i) {
            jobs[i] = {&sums[i], bytes[i]};
            lanes.add(jobs[i]);
        }
        while (!lanes.empty())
            benchmark::DoNotOptimize(lanes.run());
    }
    state.SetBytesProcessed(state.iterations() * state.range(0) * 102400);
}

BENCHMARK(bench_crc32)->Arg(64)->Arg(4096)->Arg(102400);
BENCHMARK(bench_crc32c)->Arg(64)->Arg(4096)->Arg(102400);
BENCHMARK(bench_crc64_nvme)->Arg(64)->Arg(4096)->Arg(102400);
BENCHMARK(bench_crc32c_by_table)->Arg(4096);
BENCHMARK(bench_md5)->Arg(64)->Arg(102400);
BENCHMARK(bench_md5_stream)->Arg(64)->Arg(102400);
BENCHMARK_CAPTURE(bench_md5_lanes, scalar, md5_width::scalar)->Arg(1)->Arg(16);
BENCHMARK_CAPTURE(bench_md5_lanes, avx2, md5_width::avx2)->Arg(2)->Arg(8)->Arg(16);
BENCHMARK_CAPTURE(bench_md5_lanes, avx512, md5_width::avx512)->Arg(1)->Arg(2)->Arg(4)->Arg(8)->Arg(16);
BENCHMARK(bench_sha256)->Arg(64)->Arg(102400);
BENCHMARK(bench_hmac_sha256)->Arg(32);

}  // namespace
}  // namespace labstore::crypto
