#include "http/chunked_decoder.hpp"
#include "http/head_parser.hpp"
#include "http/wire_head.hpp"
#include "support/http/raw_client.hpp"
#include "support/http/test_server.hpp"

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include <sys/resource.h>

namespace labstore::http {
namespace {

/// What boto3 sends with a PUT, give or take the names.
constexpr std::string_view signed_put_head =
    "PUT /benchmark-bucket/folder/some-object-name-0001 HTTP/1.1\r\n"
    "Host: 127.0.0.1:6789\r\n"
    "Accept-Encoding: identity\r\n"
    "User-Agent: Boto3/1.40.0 md/Botocore#1.40.0 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.11 "
    "cfg/retry-mode#legacy\r\n"
    "Content-Type: application/octet-stream\r\n"
    "x-amz-sdk-checksum-algorithm: CRC32\r\n"
    "x-amz-checksum-crc32: AAAAAA==\r\n"
    "X-Amz-Date: 20260101T000000Z\r\n"
    "X-Amz-Content-SHA256: UNSIGNED-PAYLOAD\r\n"
    "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-checksum-crc32;x-amz-content-sha256;x-amz-date;x-amz-sdk-checksum-"
    "algorithm, "
    "Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n"
    "amz-sdk-invocation-id: 01234567-89ab-cdef-0123-456789abcdef\r\n"
    "amz-sdk-request: attempt=1\r\n"
    "Content-Length: 102400\r\n"
    "\r\n";

void scan_head(benchmark::State& state) {
    for (auto _ : state) {
        head_scanner scanner(16 * KiB, 100);
        auto found = scanner.scan(signed_put_head);
        benchmark::DoNotOptimize(found);
    }
}

BENCHMARK(scan_head);

void judge_head_by_the_gate(benchmark::State& state) {
    for (auto _ : state) {
        auto verdict = judge_head(signed_put_head);
        benchmark::DoNotOptimize(verdict);
    }
}

BENCHMARK(judge_head_by_the_gate);

void judge_and_parse_head(benchmark::State& state) {
    parsed_head parsed;
    for (auto _ : state) {
        auto why = parse_head(signed_put_head, parsed);
        benchmark::DoNotOptimize(why);
    }
}

BENCHMARK(judge_and_parse_head);

void write_response_head(benchmark::State& state) {
    std::string out;
    for (auto _ : state) {
        response_head head(200);
        head.add("ETag", "\"0123456789abcdef0123456789abcdef\"");
        head.add("Content-Type", "application/octet-stream");
        head.add("Last-Modified", "Sun, 22 Nov 2026 16:00:00 GMT");
        const wire_fields fields{
            .server_name = "LabStore",
            .date = "Sun, 22 Nov 2026 16:00:00 GMT",
            .request_id = "0123456789ABCDEF",
            .host_id = "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF",
            .content_length = 102'400,
        };
        write_wire_head(out, head, fields);
        benchmark::DoNotOptimize(out.data());
    }
}

BENCHMARK(write_response_head);

void decode_chunks_of_64_kib(benchmark::State& state) {
    std::string wire;
    for (int i = 0; i < 16; ++i)
        wire += "10000\r\n" + std::string(64 * KiB, 'x') + "\r\n";
    wire += "0\r\n\r\n";
    std::vector<std::byte> room(wire.size());
    for (auto _ : state) {
        chunked_decoder decoder;
        auto done = decoder.decode(as_bytes(wire), room);
        benchmark::DoNotOptimize(done);
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * wire.size()));
}

BENCHMARK(decode_chunks_of_64_kib);

double cpu_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// One request and its answer over loopback; the CPU time includes the blocking client's.
void round_trip(benchmark::State& state, const std::string& request, std::size_t at_once) {
    support::test_server server;
    support::raw_client client(server.port());
    std::string sent;
    for (std::size_t i = 0; i < at_once; ++i)
        sent += request;
    const auto before = cpu_seconds();
    for (auto _ : state) {
        client.send(sent);
        for (std::size_t i = 0; i < at_once; ++i)
            if (client.receive().status != 200)
                state.SkipWithError("the server did not answer");
    }
    const auto requests = static_cast<double>(state.iterations() * at_once);
    state.counters["cpu_us_per_request"] = (cpu_seconds() - before) * 1e6 / requests;
    state.SetItemsProcessed(static_cast<std::int64_t>(requests));
}

void get_round_trip(benchmark::State& state) {
    round_trip(state, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n", 1);
}

BENCHMARK(get_round_trip)->UseRealTime();

/// Sixteen at once: nearly all of the time is http's own.
void get_pipelined(benchmark::State& state) {
    round_trip(state, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n", 16);
}

BENCHMARK(get_pipelined)->UseRealTime();

void put_100_kib(benchmark::State& state) {
    round_trip(
        state,
        "PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 102400\r\n\r\n" + std::string(100 * KiB, 'p'),
        1
    );
}

BENCHMARK(put_100_kib)->UseRealTime();

}  // namespace
}  // namespace labstore::http
