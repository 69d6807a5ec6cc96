// Documents that S3 answers with, from data at hand to the text that is sent.
#include "s3/error_table.hpp"
#include "s3/listing.hpp"
#include "s3/xml/writer.hpp"

#include <benchmark/benchmark.h>

namespace labstore::s3 {
namespace {

storage::listed_object make_object(std::size_t number, std::string_view key) {
    return {
        .key = key,
        .size_bytes = 100 * KiB + number,
        .modified =
            wall_time(std::chrono::nanoseconds(1'800'000'000'000'000'000) + std::chrono::seconds(number)),
        .etag = {as_bytes("0123456789abcdef"), 0},
        .storage_class = {},
        .owner_id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        .owner_name = "owner",
        .checksum_algorithm = crypto::checksum_algorithm::crc64nvme,
        .type = storage::checksum_type::full_object,
    };
}

/// What ListObjectsV2 writes for its keys. Argument: how many.
void bench_write_list_page(benchmark::State& state) {
    std::vector<std::string> keys;
    for (std::int64_t i = 0; i < state.range(0); ++i)
        keys.push_back("folder/of/usual/length/object-" + std::to_string(1'000'000 + i));
    std::vector<storage::listed_object> objects;
    for (std::size_t i = 0; i < keys.size(); ++i)
        objects.push_back(make_object(i, keys[i]));
    std::size_t size = 0;
    for (auto _ : state) {
        xml::writer out(page_bytes_expected(objects.size()));
        out.open_root("ListBucketResult");
        for (const auto& object : objects) {
            out.open("Contents");
            out.element("Key", object.key);
            write_object_facts(out, object);
            out.element("StorageClass", storage_class_text(object.storage_class));
            out.close("Contents");
        }
        out.close("ListBucketResult");
        const auto document = out.take();
        size = document.size();
        benchmark::DoNotOptimize(document.data());
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(size));
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}

void bench_write_error_document(benchmark::State& state) {
    const auto& entry = describe(errc::no_such_key);
    error_detail detail;
    detail.elements.emplace_back("Key", "folder/of/usual/length/object-000123");
    const std::string host_id(48, 'h');
    for (auto _ : state)
        benchmark::DoNotOptimize(error_document(
            entry.code,
            entry.message,
            detail,
            "/bucket/folder/of/usual/length/object-000123",
            "0123456789ABCDEF",
            host_id
        ));
}

void escape_many(benchmark::State& state, std::string_view piece) {
    std::string text;
    while (text.size() < 1 * KiB)
        text += piece;
    std::string out;
    for (auto _ : state) {
        out.clear();
        xml::append_escaped(out, text);
        benchmark::DoNotOptimize(out.data());
    }
    state.SetBytesProcessed(
        static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(text.size())
    );
}

void bench_escape_plain(benchmark::State& state) {
    escape_many(state, "folder/object-000123");
}

void bench_escape_markup(benchmark::State& state) {
    escape_many(state, "a<b>&\"c\"");
}

BENCHMARK(bench_write_list_page)->Arg(1000);
BENCHMARK(bench_write_error_document);
BENCHMARK(bench_escape_plain);
BENCHMARK(bench_escape_markup);

}  // namespace
}  // namespace labstore::s3
