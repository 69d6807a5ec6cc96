// Fills a stopped store with many objects through the storage engine, without HTTP, and prints what opening
// it and listing it cost. `just scale` runs it; a server can be started on the filled store afterwards.
//     labstore_scale STORAGE_PATH OBJECTS SIZE_BYTES [BUCKET]
// The storage path is one that a server has created (and stopped) or an empty folder. Keys are
// "flat/NNNNNNNNNN" for nine of ten objects and "tree/A/B/NNNNNNNNNN" for the rest.

#include "labstore/storage.hpp"
#include "support/cpu_time.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace labstore {
namespace {

using runtime::awaitable;
using steady = std::chrono::steady_clock;

constexpr std::size_t writers = 256;
constexpr std::size_t pages_timed = 50;

double milliseconds_since(steady::time_point start) {
    return std::chrono::duration<double, std::milli>(steady::now() - start).count();
}

void must(bool good, const char* what) {
    if (!good) {
        std::fprintf(stderr, "labstore_scale: %s failed\n", what);
        std::exit(1);
    }
}

std::string key_of(std::uint64_t number) {
    char text[64];
    if (number % 10 == 0)
        std::snprintf(
            text,
            sizeof text,
            "tree/%02u/%02u/%010llu",
            static_cast<unsigned>(number / 10 % 100),
            static_cast<unsigned>(number / 1000 % 100),
            static_cast<unsigned long long>(number)
        );
    else
        std::snprintf(text, sizeof text, "flat/%010llu", static_cast<unsigned long long>(number));
    return text;
}

struct plan {
    std::string bucket;
    std::uint64_t objects = 0;
    std::uint64_t size_bytes = 0;
    std::atomic<std::uint64_t> next{0};
    std::atomic<std::uint64_t> failed{0};
};

awaitable<result<void>> put_one(storage::object_store& store, const plan& work, std::string key) {
    auto begun = co_await store.begin_object(work.bucket, std::move(key), work.size_bytes);
    LABSTORE_CO_TRY(begun);
    auto stream = std::move(*begun);
    auto left = work.size_bytes;
    while (left > 0) {
        auto room = co_await stream->prepare();
        LABSTORE_CO_TRY(room);
        const auto filled = std::min<std::uint64_t>(left, room->size());
        std::fill_n(room->begin(), filled, std::byte{0x5a});
        stream->advance(filled);
        left -= filled;
    }
    storage::put_request request;
    request.owner = {std::string(64, '0'), "scale"};
    request.etag = std::string(32, '0');
    auto put = co_await store.put_object(std::move(stream), std::move(request));
    LABSTORE_CO_TRY(put);
    co_return result<void>();
}

awaitable<void> write_objects(storage::object_store& store, plan& work) {
    while (true) {
        const auto number = work.next.fetch_add(1);
        if (number >= work.objects)
            co_return;
        auto key = key_of(number);
        const auto put = co_await put_one(store, work, std::move(key));
        if (!put)
            work.failed.fetch_add(1);
    }
}

awaitable<void> create_bucket(storage::object_store& store, std::string name, bool& good) {
    auto bucket = bucket_name::trusted(name);
    storage::account owner{std::string(64, '0'), "scale"};
    std::string region = "us-east-1";
    auto made = co_await store.create_bucket(std::move(bucket), std::move(owner), std::move(region));
    // One that was made through a server belongs to its account, who can then use the objects over HTTP.
    good = made || to_errc(made.error()) == errc::bucket_already_owned_by_you ||
           to_errc(made.error()) == errc::bucket_already_exists;
}

/// Lists `pages` pages from `request` on and prints the median time of one.
awaitable<void> time_pages(
    storage::object_store& store, storage::list_request request, std::size_t pages, const char* name
) {
    std::vector<double> times;
    std::size_t entries = 0;
    const double cpu = cpu_seconds();
    for (std::size_t i = 0; i < pages; ++i) {
        const auto start = steady::now();
        auto copy = request;
        auto page = co_await store.list_objects(std::move(copy));
        must(page.has_value(), "a listing");
        times.push_back(milliseconds_since(start));
        entries += page->entries.size();
        if (!page->more)
            break;
        request.after = page->next;
    }
    std::sort(times.begin(), times.end());
    std::printf(
        "%s: %zu pages, %zu entries, median %.3f ms, max %.3f ms, cpu %.3f ms a page\n",
        name,
        times.size(),
        entries,
        times[times.size() / 2],
        times.back(),
        (cpu_seconds() - cpu) * 1000 / static_cast<double>(times.size())
    );
}

awaitable<void> time_listings(storage::object_store& store, std::string bucket) {
    storage::list_request flat;
    flat.bucket = bucket;
    flat.prefix = "flat/";
    auto request = flat;
    co_await time_pages(store, std::move(request), pages_timed, "first pages of 1,000");
    auto rolled = flat;
    rolled.prefix = "";
    rolled.delimiter = "/";
    request = rolled;
    co_await time_pages(store, std::move(request), 1, "top level with delimiter");
    rolled.prefix = "tree/";
    request = rolled;
    co_await time_pages(store, std::move(request), 1, "100 common prefixes");
}

/// Runs `start(context)`'s coroutines on two threads until they end.
template <typename Start>
void run(Start start) {
    runtime::io_threads threads(2);
    threads.start();
    runtime::task_group tasks;
    start(threads, tasks);
    tasks.wait();
    threads.stop();
    threads.join();
}

struct engines {
    runtime::blocking_pool pool{{}};
    std::unique_ptr<meta::store> index;
    std::unique_ptr<blob::store> blobs;
    std::unique_ptr<storage::object_store> store;

    explicit engines(const std::string& path) {
        meta::options meta_options;
        meta_options.path = path + "/index";
        auto opened_index = meta::open_local(meta_options, pool);
        must(opened_index.has_value(), "opening the index");
        index = std::move(*opened_index);
        blob::options blob_options;
        blob_options.path = path;
        auto opened_blobs = blob::open_local(blob_options, pool, blob::posix_file_system());
        must(opened_blobs.has_value(), "opening the blobs");
        blobs = std::move(*opened_blobs);
        auto opened = storage::open({}, *index, *blobs, system_clock(), pool);
        must(opened.has_value(), "opening the store");
        store = std::move(*opened);
    }

    ~engines() {
        store.reset();
        must(blobs->close().has_value(), "closing the blobs");
        must(index->close().has_value(), "closing the index");
        blobs.reset();
        index.reset();
    }
};

void fill(const std::string& path, plan& work) {
    engines all(path);
    bool good = false;
    run([&](auto& threads, auto& tasks) {
        tasks.spawn(threads.context(0).get_executor(), create_bucket(*all.store, work.bucket, good));
    });
    must(good, "creating the bucket");
    const auto start = steady::now();
    const double cpu = cpu_seconds();
    run([&](auto& threads, auto& tasks) {
        for (std::size_t i = 0; i < writers; ++i)
            tasks.spawn(threads.context(i % threads.size()).get_executor(), write_objects(*all.store, work));
    });
    const double seconds = milliseconds_since(start) / 1000;
    must(work.failed == 0, "a put");
    const auto objects = static_cast<double>(std::max<std::uint64_t>(work.objects, 1));
    std::printf(
        "filled: %llu objects of %llu bytes in %.1f s, %.0f/s, cpu %.1f us each\n",
        static_cast<unsigned long long>(work.objects),
        static_cast<unsigned long long>(work.size_bytes),
        seconds,
        objects / seconds,
        (cpu_seconds() - cpu) * 1e6 / objects
    );
}

int main_with(const std::string& path, plan& work) {
    if (work.objects > 0)
        fill(path, work);
    const auto start = steady::now();
    engines all(path);
    std::printf("opened in %.1f ms\n", milliseconds_since(start));
    run([&](auto& threads, auto& tasks) {
        tasks.spawn(threads.context(0).get_executor(), time_listings(*all.store, work.bucket));
    });
    return 0;
}

}  // namespace
}  // namespace labstore

int main(int count, char** arguments) {
    if (count < 4) {
        std::fprintf(stderr, "usage: labstore_scale STORAGE_PATH OBJECTS SIZE_BYTES [BUCKET]\n");
        return 2;
    }
    const auto objects = labstore::parse_decimal(arguments[2]);
    const auto size_bytes = labstore::parse_decimal(arguments[3]);
    if (!objects || !size_bytes) {
        std::fprintf(stderr, "labstore_scale: OBJECTS and SIZE_BYTES are numbers\n");
        return 2;
    }
    labstore::plan work;
    work.bucket = count > 4 ? arguments[4] : "scale-bucket";
    work.objects = *objects;
    work.size_bytes = *size_bytes;
    return labstore::main_with(arguments[1], work);
}
