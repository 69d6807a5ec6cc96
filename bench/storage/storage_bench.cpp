// Whole objects through the object store over the local engines, without HTTP: GET from the page cache, durable PUT
// with one and with twenty in flight, listing. The folder lies where TMPDIR says, so that the device is the caller's
// choice. CPU is that of the whole process, all threads.
#include "labstore/storage.hpp"

#include <benchmark/benchmark.h>
#include <boost/asio/io_context.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

namespace labstore::storage {
namespace {

class bench_store {
  public:
    bench_store()
        : path_(std::filesystem::temp_directory_path() / ("labstore_bench_" + std::to_string(::getpid()))) {
        std::filesystem::remove_all(path_);
        std::filesystem::create_directories(path_);
        meta::options index_settings;
        index_settings.path = (path_ / "index").string();
        index_ = std::move(*meta::open_local(index_settings, pool_));
        blob::options blob_settings;
        blob_settings.path = path_.string();
        blobs_ = std::move(*blob::open_local(blob_settings, pool_, blob::posix_file_system()));
        store_ = std::move(*open({}, *index_, *blobs_, system_clock(), pool_));
    }

    ~bench_store() {
        store_ = nullptr;
        LABSTORE_ASSERT(blobs_->close());
        LABSTORE_ASSERT(index_->close());
        blobs_ = nullptr;
        index_ = nullptr;
        std::filesystem::remove_all(path_);
    }

    [[nodiscard]] object_store& store() { return *store_; }

  private:
    const std::filesystem::path path_;
    runtime::blocking_pool pool_{{.threads = 4}};
    std::unique_ptr<meta::store> index_;
    std::unique_ptr<blob::store> blobs_;
    std::unique_ptr<object_store> store_;
};

/// Runs `count` tasks made by `make` to their end on this thread.
template <typename Make>
void run_tasks(std::size_t count, Make make) {
    boost::asio::io_context context;
    runtime::task_group tasks;
    for (std::size_t i = 0; i < count; ++i)
        LABSTORE_ASSERT(tasks.spawn(context.get_executor(), make()));
    context.run();
    tasks.wait();
}

awaitable<void> make_bucket(object_store& store) {
    auto name = bucket_name::trusted("bench");
    account owner{std::string(64, '0'), "bench"};
    std::string region = "us-east-1";
    auto made = co_await store.create_bucket(std::move(name), std::move(owner), std::move(region));
    LABSTORE_ASSERT(made);
}

std::string key_of(std::int64_t number) {
    return "folder/of/usual/length/object-" + std::to_string(number);
}

/// Takes numbers until `left` is used up.
awaitable<void> put_loop(object_store& store, std::size_t size_bytes, std::int64_t& left) {
    std::string bucket = "bench";
    while (left-- > 0) {
        auto key = key_of(left);
        auto stream = co_await store.begin_object(bucket, std::move(key), size_bytes);
        LABSTORE_ASSERT(stream);
        for (std::size_t written = 0; written < size_bytes;) {
            auto room = co_await (*stream)->prepare();
            LABSTORE_ASSERT(room);
            const auto size = std::min(room->size(), size_bytes - written);
            std::memset(room->data(), static_cast<int>(left & 0xff), size);
            (*stream)->advance(size);
            written += size;
        }
        put_request request;
        request.owner = {std::string(64, '0'), "bench"};
        request.attributes.content_type = "application/octet-stream";
        request.etag = std::string(32, 'a');
        auto done = co_await store.put_object(std::move(*stream), std::move(request));
        LABSTORE_ASSERT(done);
    }
}

awaitable<void> get_loop(object_store& store, std::int64_t objects, std::int64_t& left) {
    while (left-- > 0) {
        object_name name{"bench", key_of(left % objects), {}};
        auto reader = co_await store.open_object(std::move(name));
        LABSTORE_ASSERT(reader);
        const auto size = (*reader)->info().size_bytes;
        for (std::uint64_t offset = 0; offset < size;) {
            auto bytes = co_await (*reader)->read(offset, size - offset);
            LABSTORE_ASSERT(bytes);
            offset += bytes->size();
        }
    }
}

awaitable<void> list_loop(object_store& store, std::int64_t& left) {
    while (left-- > 0) {
        list_request request;
        request.bucket = "bench";
        auto page = co_await store.list_objects(std::move(request));
        LABSTORE_ASSERT(page && page->entries.size() == 1000);
    }
}

void fill(object_store& store, std::int64_t objects, std::size_t size_bytes) {
    run_tasks(1, [&] { return make_bucket(store); });
    auto left = objects;
    run_tasks(20, [&] { return put_loop(store, size_bytes, left); });
}

void bench_put(benchmark::State& state) {
    constexpr std::int64_t puts = 500;
    bench_store store;
    run_tasks(1, [&] { return make_bucket(store.store()); });
    for (auto iteration : state) {
        static_cast<void>(iteration);
        std::int64_t left = puts;
        run_tasks(static_cast<std::size_t>(state.range(0)), [&] {
            return put_loop(store.store(), static_cast<std::size_t>(state.range(1)), left);
        });
    }
    state.SetItemsProcessed(state.iterations() * puts);
}

void bench_get(benchmark::State& state) {
    constexpr std::int64_t gets = 2'000;
    constexpr std::int64_t objects = 500;
    bench_store store;
    fill(store.store(), objects, static_cast<std::size_t>(state.range(0)));
    for (auto iteration : state) {
        static_cast<void>(iteration);
        std::int64_t left = gets;
        run_tasks(1, [&] { return get_loop(store.store(), objects, left); });
    }
    state.SetItemsProcessed(state.iterations() * gets);
}

void bench_list(benchmark::State& state) {
    constexpr std::int64_t pages = 20;
    bench_store store;
    fill(store.store(), 2'000, 0);
    for (auto iteration : state) {
        static_cast<void>(iteration);
        std::int64_t left = pages;
        run_tasks(1, [&] { return list_loop(store.store(), left); });
    }
    state.SetItemsProcessed(state.iterations() * pages);
}

BENCHMARK(bench_put)
    ->ArgsProduct({{1, 20}, {4096, 102'400}})
    ->MeasureProcessCPUTime()
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(bench_get)->Arg(4096)->Arg(102'400)->MeasureProcessCPUTime()->UseRealTime()->Unit(
    benchmark::kMillisecond
);
BENCHMARK(bench_list)->MeasureProcessCPUTime()->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace labstore::storage
