// Listing over the local index: a page out of many rows, and common prefixes that are passed by seeking. The rows are
// in memory and in files as RocksDB left them; the folder lies where TMPDIR says.
#include "storage/row_keys.hpp"
#include "storage/walk.hpp"

#include <benchmark/benchmark.h>
#include <boost/asio/io_context.hpp>

#include <unistd.h>

#include <filesystem>

namespace labstore::storage {
namespace {

constexpr meta::partition_id bucket{1};
constexpr std::int64_t folders = 500;
constexpr std::int64_t keys_in_folder = 100;
constexpr std::int64_t rows_in_batch = 10'000;

std::string key_of(std::int64_t number) {
    return std::to_string(10'000 + number / keys_in_folder) + "/object-" +
           std::to_string(1'000 + number % keys_in_folder);
}

class bench_index {
  public:
    bench_index()
        : path_(
              std::filesystem::temp_directory_path() / ("labstore_walk_bench_" + std::to_string(::getpid()))
          ) {
        std::filesystem::remove_all(path_);
        meta::options settings;
        settings.path = path_.string();
        auto opened = meta::open_local(settings, pool_);
        LABSTORE_ASSERT(opened);
        index_ = std::move(*opened);
        run(fill(*index_));
    }

    ~bench_index() {
        LABSTORE_ASSERT(index_->close());
        index_ = nullptr;
        std::filesystem::remove_all(path_);
    }

    [[nodiscard]] meta::store& index() { return *index_; }

    /// Runs a task to its end on this thread.
    static void run(runtime::awaitable<void> task) {
        boost::asio::io_context context(1);
        runtime::task_group tasks;
        LABSTORE_ASSERT(tasks.spawn(context.get_executor(), std::move(task)));
        context.run();
        tasks.wait();
    }

  private:
    static runtime::awaitable<void> fill(meta::store& index) {
        const std::string value(300, 'v');
        for (std::int64_t next = 0; next < folders * keys_in_folder;) {
            meta::batch rows;
            for (std::int64_t i = 0; i < rows_in_batch; ++i, ++next)
                rows.put(row_keys::object(key_of(next)), value);
            const auto applied = co_await index.apply(bucket, std::move(rows), meta::sync::none);
            LABSTORE_ASSERT(applied);
        }
    }

    const std::filesystem::path path_;
    runtime::blocking_pool pool_{{.threads = 1}};
    std::unique_ptr<meta::store> index_;
};

runtime::awaitable<void> walk_once(meta::store& index, walk_request request, std::size_t& found) {
    const auto page = co_await walk(index, std::move(request));
    LABSTORE_ASSERT(page);
    found = page->entries.size();
}

void walk_many(benchmark::State& state, const walk_request& request, std::size_t expected) {
    bench_index store;
    for (auto _ : state) {
        std::size_t found = 0;
        bench_index::run(walk_once(store.index(), request, found));
        if (found != expected)
            state.SkipWithError("the page is not what was expected");
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * expected));
}

walk_request from_the_middle() {
    walk_request request;
    request.kind = row_keys::object_kind;
    request.partition = bucket;
    request.after_row = row_keys::object(key_of(folders * keys_in_folder / 2));
    return request;
}

/// 1,000 keys out of 50,000.
void bench_walk_page(benchmark::State& state) {
    walk_many(state, from_the_middle(), 1000);
}

/// One key: the seek and what a page costs apart from its rows.
void bench_walk_seek(benchmark::State& state) {
    auto request = from_the_middle();
    request.limit = 1;
    walk_many(state, request, 1);
}

/// The 250 folders behind the middle, less the one that begins before it.
void bench_walk_delimiter(benchmark::State& state) {
    auto request = from_the_middle();
    request.delimiter = "/";
    request.after_name = key_of(folders * keys_in_folder / 2).substr(0, 6);
    walk_many(state, request, folders / 2 - 1);
}

BENCHMARK(bench_walk_page)->MeasureProcessCPUTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(bench_walk_seek)->MeasureProcessCPUTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(bench_walk_delimiter)->MeasureProcessCPUTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace labstore::storage
