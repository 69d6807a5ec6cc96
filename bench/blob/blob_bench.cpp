// CPU time and wall time of packed puts (durable, on the temporary directory's device) and of gets from memory.
#include "labstore/blob.hpp"

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace {

using namespace labstore;

double process_cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// A store in a directory of its own, and a context to run coroutines on.
class bench_store {
  public:
    bench_store() {
        std::string name = std::filesystem::temp_directory_path() / "labstore-bench-XXXXXX";
        path_ = ::mkdtemp(name.data());
        blob::options settings;
        settings.path = path_;
        auto opened = blob::open_local(settings, pool_, blob::posix_file_system());
        LABSTORE_ASSERT(opened.has_value());
        blobs_ = std::move(*opened);
    }

    ~bench_store() {
        blobs_.reset();
        std::filesystem::remove_all(path_);
    }

    blob::store& blobs() { return *blobs_; }

    runtime::asio::io_context& context() { return context_; }

  private:
    std::string path_;
    runtime::blocking_pool pool_{{.threads = 4, .queue_size_max = 4096}};
    std::unique_ptr<blob::store> blobs_;
    runtime::asio::io_context context_{1};
};

runtime::awaitable<result<blob::ref>> put(blob::store& blobs, const std::string& content) {
    blob::owner whose{
        .partition = 1,
        .key = "some/key/of/an/object",
        .token = "0123456789abcdef",
        .part_number = 0,
        .metadata = {}};
    auto made = co_await blobs.create(std::move(whose), content.size());
    LABSTORE_CO_TRY(made);
    std::size_t done = 0;
    while (done < content.size()) {
        const auto room = co_await (*made)->prepare();
        LABSTORE_CO_TRY(room);
        const auto count = std::min(room->size(), content.size() - done);
        std::copy_n(as_bytes(content).begin() + static_cast<std::ptrdiff_t>(done), count, room->begin());
        (*made)->advance(count);
        done += count;
    }
    std::string metadata(150, 'm');
    auto finished = co_await (*made)->finish(std::move(metadata));
    co_return finished;
}

runtime::awaitable<void> put_many(
    blob::store& blobs, const std::string& content, int count, blob::ref& last
) {
    for (int i = 0; i < count; ++i) {
        auto made = co_await put(blobs, content);
        LABSTORE_ASSERT(made.has_value());
        last = std::move(*made);
    }
}

runtime::awaitable<void> get_many(
    blob::store& blobs, const blob::ref& which, int count, std::uint64_t& bytes
) {
    for (int i = 0; i < count; ++i) {
        auto copy = which;
        auto opened = co_await blobs.open(std::move(copy));
        LABSTORE_ASSERT(opened.has_value());
        for (std::uint64_t at = 0; at < which.size_bytes;) {
            const auto piece = co_await (*opened)->read(at, which.size_bytes - at);
            LABSTORE_ASSERT(piece.has_value());
            at += piece->size();
            bytes += piece->size();
        }
    }
}

void report_cpu(benchmark::State& state, double cpu_seconds) {
    state.SetItemsProcessed(state.iterations());
    state.counters["cpu_us_per_op"] = cpu_seconds * 1e6 / static_cast<double>(state.iterations());
}

/// Arguments: size of a blob, puts in flight.
void packed_put(benchmark::State& state) {
    bench_store store;
    const std::string content(static_cast<std::size_t>(state.range(0)), 'x');
    const auto in_flight = static_cast<int>(state.range(1));
    blob::ref last;
    // The first put waits for the first segments to be made.
    runtime::asio::co_spawn(
        store.context(), put_many(store.blobs(), content, 1, last), runtime::asio::detached
    );
    store.context().run();
    const auto cpu_before = process_cpu_seconds();
    std::vector<blob::ref> lasts(static_cast<std::size_t>(in_flight));
    constexpr int batch = 20;
    while (state.KeepRunningBatch(in_flight * batch)) {
        store.context().restart();
        for (auto& one : lasts)
            runtime::asio::co_spawn(
                store.context(), put_many(store.blobs(), content, batch, one), runtime::asio::detached
            );
        store.context().run();
    }
    report_cpu(state, process_cpu_seconds() - cpu_before);
    const auto figures = store.blobs().statistics();
    state.counters["records_per_group"] =
        static_cast<double>(figures.records) / static_cast<double>(figures.groups);
}

/// Argument: size of a blob.
void packed_get(benchmark::State& state) {
    bench_store store;
    const std::string content(static_cast<std::size_t>(state.range(0)), 'x');
    blob::ref which;
    runtime::asio::co_spawn(
        store.context(), put_many(store.blobs(), content, 1, which), runtime::asio::detached
    );
    store.context().run();
    const auto cpu_before = process_cpu_seconds();
    std::uint64_t bytes = 0;
    constexpr int batch = 100;
    while (state.KeepRunningBatch(batch)) {
        store.context().restart();
        runtime::asio::co_spawn(
            store.context(), get_many(store.blobs(), which, batch, bytes), runtime::asio::detached
        );
        store.context().run();
    }
    benchmark::DoNotOptimize(bytes);
    report_cpu(state, process_cpu_seconds() - cpu_before);
}

BENCHMARK(packed_put)
    ->Args({4096, 1})
    ->Args({4096, 20})
    ->Args({102400, 1})
    ->Args({102400, 20})
    ->UseRealTime();
BENCHMARK(packed_get)->Arg(4096)->Arg(102400)->UseRealTime();

}  // namespace
