// The codec of segment records, and what its checksums cost.
#include "blob/block_checksums.hpp"
#include "blob/segment_format.hpp"

#include <benchmark/benchmark.h>

namespace labstore::blob {
namespace {

owner make_owner() {
    return {
        .partition = 1,
        .key = "folder/of/usual/length/object-000123.bin",
        .token = "0123456789abcdef",
        .part_number = 0,
        .metadata = std::string(150, 'm')};
}

/// Argument: payload bytes.
void bench_encode_record(benchmark::State& state) {
    const auto whose = make_owner();
    const auto size = static_cast<std::uint32_t>(state.range(0));
    const std::vector<std::uint32_t> crcs(block_count(size, record_block_size), 0x12345678);
    record_draft_fields fields;
    fields.incarnation = 42;
    fields.id = make_blob_id();
    fields.payload_size = size;
    fields.block_crcs = crcs;
    std::size_t header = 0;
    for (auto _ : state) {
        const auto made = encode_record_header(fields, whose);
        header = made.size();
        benchmark::DoNotOptimize(made.data());
    }
    state.SetBytesProcessed(
        static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(header)
    );
}

/// As a read does that did not find the header in its cache.
void bench_decode_record(benchmark::State& state) {
    const auto size = static_cast<std::uint32_t>(state.range(0));
    const std::vector<std::uint32_t> crcs(block_count(size, record_block_size), 0x12345678);
    record_draft_fields fields;
    fields.incarnation = 42;
    fields.id = make_blob_id();
    fields.payload_size = size;
    fields.block_crcs = crcs;
    const auto header = encode_record_header(fields, make_owner());
    for (auto _ : state) {
        const auto peeked = peek_record(as_bytes(header), fields.incarnation);
        const auto decoded = decode_record(as_bytes(header));
        if (!peeked || !decoded)
            state.SkipWithError("the record does not decode");
        benchmark::DoNotOptimize(decoded);
    }
    state.SetBytesProcessed(
        static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(header.size())
    );
}

/// Argument: size of the pieces in which 1 MiB arrives.
void bench_checksum_blocks(benchmark::State& state) {
    const std::vector<std::byte> bytes(1 * MiB, std::byte{0x5a});
    const auto piece = static_cast<std::size_t>(state.range(0));
    for (auto _ : state) {
        block_checksums checksums(record_block_size);
        for (std::size_t at = 0; at < bytes.size(); at += piece)
            checksums.update(byte_span(bytes).subspan(at, std::min(piece, bytes.size() - at)));
        benchmark::DoNotOptimize(checksums.finish().data());
    }
    state.SetBytesProcessed(
        static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(bytes.size())
    );
}

BENCHMARK(bench_encode_record)->Arg(4096)->Arg(102'400);
BENCHMARK(bench_decode_record)->Arg(4096)->Arg(102'400);
BENCHMARK(bench_checksum_blocks)->Arg(1000)->Arg(64 * 1024);

}  // namespace
}  // namespace labstore::blob
