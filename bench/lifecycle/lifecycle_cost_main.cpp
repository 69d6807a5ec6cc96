// What a lifecycle costs, through the storage engine, without HTTP: a PUT in a bucket with rules beside one without, and
// the time until 1 in 1,000 of many objects that become due are gone. Syncs are off, so that CPU is what is seen; the clock
// is the program's own.
//     labstore_lifecycle_cost FOLDER OBJECTS
// FOLDER is empty or not there. Figures are printed, one a line.
#include "labstore/storage.hpp"
#include "support/cpu_time.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace labstore {
namespace {

using runtime::awaitable;
using steady = std::chrono::steady_clock;

constexpr std::size_t writers = 64;
constexpr std::uint64_t due_every = 1'000;

class moved_clock final : public clock {
  public:
    [[nodiscard]] wall_time now() const noexcept override {
        return system_clock().now() + std::chrono::hours(ahead_hours.load());
    }

    std::atomic<int> ahead_hours{0};
};

void must(bool good, const char* what) {
    if (!good) {
        std::fprintf(stderr, "labstore_lifecycle_cost: %s failed\n", what);
        std::exit(1);
    }
}

/// Runs `tasks` coroutines made by `make` to their end on this thread.
template <typename Make>
void run(std::size_t tasks, Make make) {
    boost::asio::io_context context;
    runtime::task_group group;
    for (std::size_t i = 0; i < tasks; ++i)
        must(group.spawn(context.get_executor(), make()), "spawn");
    context.run();
    group.wait();
}

struct work {
    storage::object_store& store;
    std::string bucket;
    std::string prefix;
    std::uint64_t left;
};

awaitable<void> put_objects(work& todo) {
    while (todo.left > 0) {
        auto key = todo.prefix + std::to_string(todo.left--);
        auto stream = co_await todo.store.begin_object(todo.bucket, std::move(key), 0);
        must(stream.has_value(), "begin_object");
        storage::put_request request;
        request.owner = {std::string(64, '0'), "bench"};
        request.etag = "d41d8cd98f00b204e9800998ecf8427e";
        auto done = co_await todo.store.put_object(std::move(*stream), std::move(request));
        must(done.has_value(), "put_object");
    }
}

awaitable<void> prepare(storage::object_store& store, std::string bucket, std::string prefix, bool rules) {
    auto name = bucket_name::trusted(bucket);
    storage::account owner{std::string(64, '0'), "bench"};
    std::string region = "us-east-1";
    auto made = co_await store.create_bucket(std::move(name), std::move(owner), std::move(region));
    must(made.has_value(), "create_bucket");
    if (!rules)
        co_return;
    storage::config_change change = [prefix](storage::bucket_config& config) -> result<void> {
        storage::lifecycle_rule rule;
        rule.id = "days";
        rule.enabled = true;
        rule.filter.prefix = prefix;
        rule.expire_days = 1;
        config.lifecycle.rules = {rule};
        return {};
    };
    auto done = co_await store.configure_bucket(std::move(bucket), std::move(change));
    must(done.has_value(), "configure_bucket");
}

awaitable<void> follow(storage::object_store& store) {
    auto done = co_await store.run_lifecycle();
    must(done.has_value(), "run_lifecycle");
}

void put(
    storage::object_store& store, const std::string& bucket, const std::string& prefix, std::uint64_t n
) {
    work todo{store, bucket, prefix, n};
    const auto cpu = cpu_seconds();
    run(writers, [&] { return put_objects(todo); });
    std::printf(
        "put bucket=%s objects=%llu cpu_us_per_put=%.2f\n",
        bucket.c_str(),
        static_cast<unsigned long long>(n),
        1e6 * (cpu_seconds() - cpu) / static_cast<double>(n)
    );
}

void act(storage::object_store& store, const char* what) {
    const auto before = store.stats().lifecycle;
    const auto cpu = cpu_seconds();
    const auto start = steady::now();
    run(1, [&] { return follow(store); });
    const auto after = store.stats().lifecycle;
    std::printf(
        "%s seconds=%.3f cpu_seconds=%.3f removed=%llu visited=%llu built=%llu\n",
        what,
        std::chrono::duration<double>(steady::now() - start).count(),
        cpu_seconds() - cpu,
        static_cast<unsigned long long>(after.done[0] - before.done[0]),
        static_cast<unsigned long long>(after.rows_visited - before.rows_visited),
        static_cast<unsigned long long>(after.rows_built - before.rows_built)
    );
}

int measure(const std::string& folder, std::uint64_t objects) {
    std::filesystem::create_directories(folder);
    runtime::blocking_pool pool({.threads = 4});
    meta::options index_settings;
    index_settings.path = folder + "/index";
    index_settings.mode = meta::durability::none;
    auto index = meta::open_local(index_settings, pool);
    must(index.has_value(), "open the index");
    blob::options blob_settings;
    blob_settings.path = folder;
    blob_settings.mode = blob::durability::none;
    auto blobs = blob::open_local(blob_settings, pool, blob::posix_file_system());
    must(blobs.has_value(), "open the blobs");
    moved_clock time;
    auto store = storage::open({}, **index, **blobs, time, pool);
    must(store.has_value(), "open the store");
    const auto due = objects / due_every;
    run(1, [&] { return prepare(**store, "plain", "due/", false); });
    run(1, [&] { return prepare(**store, "ruled", "due/", true); });
    run(1, [&] { return prepare(**store, "aged", "", true); });
    put(**store, "plain", "keep/", objects / 10);
    put(**store, "ruled", "keep/", objects / 10);
    put(**store, "plain", "keep2/", objects / 10);
    put(**store, "ruled", "keep2/", objects / 10);
    put(**store, "ruled", "due/", due);
    act(**store, "nothing_due");
    time.ahead_hours = 24;
    put(**store, "aged", "old/", due);
    time.ahead_hours = 48;
    act(**store, "due_by_prefix");
    // 1 in 1,000 is older than the others.
    put(**store, "aged", "young/", objects - due);
    act(**store, "nothing_due");
    time.ahead_hours = 72;
    act(**store, "due_by_age");
    act(**store, "nothing_due");
    must((*blobs)->close().has_value() && (*index)->close().has_value(), "close");
    return 0;
}

}  // namespace
}  // namespace labstore

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: labstore_lifecycle_cost FOLDER OBJECTS\n");
        return 2;
    }
    return labstore::measure(argv[1], std::strtoull(argv[2], nullptr, 10));
}
