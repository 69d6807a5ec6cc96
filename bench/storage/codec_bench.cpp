// The codecs of index rows: keys and records.
#include "storage/record_codec.hpp"
#include "storage/row_keys.hpp"

#include <benchmark/benchmark.h>

namespace labstore::storage {
namespace {

constexpr std::string_view usual_key = "folder/of/usual/length/object-000123.bin";

void bench_encode_key(benchmark::State& state, std::string_view key) {
    for (auto _ : state)
        benchmark::DoNotOptimize(row_keys::object(key));
    state.SetBytesProcessed(
        static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(key.size())
    );
}

void bench_parse_key(benchmark::State& state, std::string_view key) {
    const auto row = row_keys::object(key);
    for (auto _ : state)
        benchmark::DoNotOptimize(row_keys::parse(row));
    state.SetBytesProcessed(
        static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(key.size())
    );
}

/// 1,024 bytes, the longest key there is; each fourth is 00 and becomes two.
const std::string& key_with_zeros() {
    static const std::string key = [] {
        std::string made(1024, 'k');
        for (std::size_t i = 0; i < made.size(); i += 4)
            made[i] = '\0';
        return made;
    }();
    return key;
}

records::object make_record() {
    records::object record;
    object_attributes attributes;
    attributes.content_type = "application/octet-stream";
    attributes.user_metadata = {{"origin", "camera-17"}, {"checked", "yes"}};
    set_attributes(*record.mutable_attributes(), attributes);
    set_checksum(*record.mutable_checksum(), {crypto::checksum_algorithm::crc64nvme, false, "12345678"});
    set_ref(*record.mutable_blob(), {std::string(29, 'l'), 100 * KiB});
    record.set_token(std::string(row_keys::token_size_bytes, 't'));
    record.set_size_bytes(100 * KiB);
    record.set_modified_ns(1'800'000'000'000'000'000);
    record.set_etag_md5(std::string(16, 'm'));
    record.set_sequence(1);
    return record;
}

void bench_encode_record(benchmark::State& state) {
    const auto record = make_record();
    for (auto _ : state)
        benchmark::DoNotOptimize(encode(record));
    state.SetBytesProcessed(
        static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(encode(record).size())
    );
}

/// As a GET and each entry of a listing do: from the row's value to what S3 is told.
void bench_decode_record(benchmark::State& state) {
    const auto value = encode(make_record());
    bucket_info bucket;
    bucket.owner = {std::string(64, 'a'), "owner"};
    for (auto _ : state) {
        const auto record = decode<records::object>(value);
        if (!record)
            state.SkipWithError("the record does not decode");
        benchmark::DoNotOptimize(describe(std::string(usual_key), *record, bucket));
    }
    state.SetBytesProcessed(
        static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(value.size())
    );
}

BENCHMARK_CAPTURE(bench_encode_key, usual, usual_key);
BENCHMARK_CAPTURE(bench_encode_key, zeros, key_with_zeros());
BENCHMARK_CAPTURE(bench_parse_key, usual, usual_key);
BENCHMARK_CAPTURE(bench_parse_key, zeros, key_with_zeros());
BENCHMARK(bench_encode_record);
BENCHMARK(bench_decode_record);

}  // namespace
}  // namespace labstore::storage
