// Durable applies with one and with twenty in flight, and lookups that find their block in memory. The folder lies
// where TMPDIR says, so that the device is the caller's choice. CPU is that of the whole process, all threads.
#include "labstore/meta.hpp"

#include <benchmark/benchmark.h>
#include <boost/asio/io_context.hpp>

#include <unistd.h>

#include <filesystem>

namespace labstore::meta {
namespace {

constexpr partition_id bucket{1};

class bench_store {
  public:
    bench_store()
        : path_(std::filesystem::temp_directory_path() / ("labstore_bench_" + std::to_string(::getpid()))) {
        std::filesystem::remove_all(path_);
        options settings;
        settings.path = path_.string();
        auto opened = open_local(settings, pool_);
        if (opened)
            index_ = std::move(*opened);
    }

    ~bench_store() {
        index_ = nullptr;
        std::filesystem::remove_all(path_);
    }

    [[nodiscard]] store& index() { return *index_; }

  private:
    const std::filesystem::path path_;
    runtime::blocking_pool pool_{{.threads = 2}};
    std::unique_ptr<store> index_;
};

std::string key_of(std::int64_t number) {
    return "object/key/of/usual/length/" + std::to_string(number);
}

/// Takes numbers until `left` is used up; each row is about what an object's record takes.
awaitable<void> apply_loop(store& index, std::int64_t& left, std::int64_t& failed) {
    const std::string value(300, 'v');
    while (left-- > 0) {
        batch changes;
        changes.preconditions.push_back(absent("missing" + key_of(left)));
        changes.put(key_of(left), value);
        auto outcome = co_await index.apply(bucket, std::move(changes), sync::as_configured);
        failed += outcome ? 0 : 1;
    }
}

void bench_apply(benchmark::State& state) {
    constexpr std::int64_t applies = 1000;
    bench_store store;
    for (auto _ : state) {
        runtime::asio::io_context context(1);
        runtime::task_group tasks;
        std::int64_t left = applies;
        std::int64_t failed = 0;
        for (std::int64_t i = 0; i < state.range(0); ++i)
            tasks.spawn(context.get_executor(), apply_loop(store.index(), left, failed));
        context.run();
        if (failed != 0)
            state.SkipWithError("an apply failed");
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * applies);
    const auto now = store.index().statistics();
    state.counters["group_size"] = static_cast<double>(now.batches) / static_cast<double>(now.groups);
}

awaitable<void> get_loop(store& index, std::int64_t count, std::int64_t& missing) {
    for (std::int64_t i = 0; i < count; ++i) {
        auto found = co_await index.get(bucket, key_of(i % 1000));
        missing += found && *found ? 0 : 1;
    }
}

void bench_get_warm(benchmark::State& state) {
    constexpr std::int64_t gets = 10'000;
    bench_store store;
    runtime::asio::io_context context(1);
    runtime::task_group tasks;
    std::int64_t left = 1000;
    std::int64_t failed = 0;
    for (int i = 0; i < 50; ++i)
        tasks.spawn(context.get_executor(), apply_loop(store.index(), left, failed));
    context.run();
    for (auto _ : state) {
        context.restart();
        tasks.spawn(context.get_executor(), get_loop(store.index(), gets, failed));
        context.run();
    }
    if (failed != 0)
        state.SkipWithError("a row is missing");
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * gets);
}

BENCHMARK(bench_apply)
    ->Arg(1)
    ->Arg(20)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(bench_get_warm)->UseRealTime()->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace labstore::meta
