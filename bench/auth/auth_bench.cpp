// What a request pays for authentication: the signing key is cached, as it is for all but a caller's first of the day.
#include "unit/auth/chunked_body.hpp"
#include "unit/auth/signed_request.hpp"

#include "labstore/auth.hpp"

#include <benchmark/benchmark.h>

#include <vector>

namespace labstore::auth::testing {
namespace {

constexpr std::string_view now = "20260802T120000Z";

owned_request make_get() {
    owned_request request;
    request.target = "/bucket/folder/object-000123.bin";
    request.headers = {
        {"Host", "127.0.0.1:6789"},
        {"User-Agent",
         "aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5 md/GOOS#linux md/GOARCH#amd64 api/s3#1.58.2"},
        {"Accept-Encoding", "identity"},
        {"Amz-Sdk-Invocation-Id", "5b1d2c1e-8c0a-4f4b-9a55-0e5a3d2f1b6c"},
        {"Amz-Sdk-Request", "attempt=1; max=3"},
        {"X-Amz-Checksum-Mode", "ENABLED"},
        {"X-Amz-Content-Sha256", std::string(empty_sha256)},
    };
    return request;
}

void verify_many(benchmark::State& state, const owned_request& request, bool accepted) {
    const known_credentials source;
    const stopped_clock time(at(now));
    const auto gate = make_verifier({}, source, time);
    std::vector<http::header> room;
    const auto head = request.head(room);
    if (ask(*gate, head).has_value() != accepted)
        state.SkipWithError("the request is not judged as expected");
    for (auto _ : state)
        benchmark::DoNotOptimize(ask(*gate, head));
}

void bench_verify_get(benchmark::State& state) {
    auto request = make_get();
    sign_header(request, now);
    verify_many(state, request, true);
}

void bench_verify_list(benchmark::State& state) {
    auto request = make_get();
    request.target = "/bucket?list-type=2&prefix=folder%2F&delimiter=%2F&max-keys=1000&encoding-type=url";
    sign_header(request, now);
    verify_many(state, request, true);
}

void bench_verify_presigned(benchmark::State& state) {
    owned_request request;
    request.target = "/bucket/folder/object-000123.bin";
    request.headers = {{"Host", "127.0.0.1:6789"}};
    presign(request, now, "3600");
    verify_many(state, request, true);
}

void bench_refuse_wrong_signature(benchmark::State& state) {
    auto request = make_get();
    sign_header(request, now);
    request.find("Authorization")->back() ^= 1;
    verify_many(state, request, false);
}

void bench_refuse_unknown_key(benchmark::State& state) {
    auto request = make_get();
    sign_header(request, now);
    auto& value = *request.find("Authorization");
    value.replace(value.find(test_access_key), test_access_key.size(), "NOBODYVECTORKEYXX");
    verify_many(state, request, false);
}

void bench_derive_signing_key(benchmark::State& state) {
    const crypto::secret secret{std::string(test_secret_key)};
    for (auto _ : state)
        benchmark::DoNotOptimize(derive_signing_key(secret, "20260802", "us-east-1", "s3"));
}

/// Argument: 0 for a GET of an object, 1 for a listing with a query of five parameters.
void bench_canonical_request(benchmark::State& state) {
    auto request = make_get();
    if (state.range(0) == 1)
        request.target = "/bucket?list-type=2&prefix=folder%2F&delimiter=%2F&max-keys=1000&encoding-type=url";
    sign_header(request, now);
    std::vector<http::header> room;
    const auto head = request.head(room);
    constexpr std::string_view signed_headers[] = {
        "accept-encoding", "amz-sdk-invocation-id", "host", "x-amz-content-sha256", "x-amz-date"};
    std::size_t size = 0;
    std::string canonical;
    for (auto _ : state) {
        auto query = parse_query(head.query);
        if (!query) {
            state.SkipWithError("the query does not parse");
            break;
        }
        sort_query(*query);
        const bool written =
            write_canonical_request(canonical, {head, *query, signed_headers, empty_sha256}).has_value();
        size = written ? canonical.size() : 0;
        benchmark::DoNotOptimize(size);
    }
    if (size == 0)
        state.SkipWithError("there is no canonical form");
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(size));
}

/// From the canonical request to the 64 digits: two digests.
void bench_sign(benchmark::State& state) {
    const auto key =
        derive_signing_key(crypto::secret{std::string(test_secret_key)}, "20260802", "us-east-1", "s3");
    const std::string canonical(600, 'c');
    std::string text;
    for (auto _ : state) {
        write_string_to_sign(text, now, "20260802/us-east-1/s3/aws4_request", canonical);
        benchmark::DoNotOptimize(sign_sigv4(key, text));
    }
}

void bench_decode_chunks(benchmark::State& state, body_mode mode) {
    constexpr std::size_t size = 1 << 20;
    const auto request = make_streaming(mode, size, {});
    chunked_body body(request);
    const std::string chunk(64 * 1024, 'x');
    for (std::size_t done = 0; done < size; done += chunk.size())
        body.chunk(chunk);
    body.chunk("");
    body.raw("\r\n");
    std::vector<std::byte> room(size);
    for (auto _ : state) {
        const auto decoder = make_payload_decoder(request);
        const auto step = decoder->decode(as_bytes(body.text()), room);
        if (!step || step->produced != size || !decoder->finished())
            state.SkipWithError("the body does not decode");
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(size));
}

BENCHMARK(bench_verify_get);
BENCHMARK(bench_verify_list);
BENCHMARK(bench_verify_presigned);
BENCHMARK(bench_refuse_wrong_signature);
BENCHMARK(bench_refuse_unknown_key);
BENCHMARK(bench_derive_signing_key);
BENCHMARK(bench_canonical_request)->Arg(0)->Arg(1);
BENCHMARK(bench_sign);
BENCHMARK_CAPTURE(bench_decode_chunks, signed_chunks, body_mode::streaming_signed);
BENCHMARK_CAPTURE(bench_decode_chunks, unsigned_chunks, body_mode::streaming_unsigned_trailer);

}  // namespace
}  // namespace labstore::auth::testing
