// The storage engine under the load of the target, without HTTP: GETs of 4 KiB by 100 tasks at once, first begun by the
// clock at a rate, with latency counted from the time each was due, then as fast as they go. Prints both and says whether
// the target was met (exit code 1 when not): more than the rate, average below 1 ms, P99 below 10 ms, no errors.
//     labstore_engine_load [SECONDS [RATE [TASKS [ONLY_RUN]]]]      30 10000 100
// The folder lies where TMPDIR says. With a fourth argument nothing is judged: for the test that it runs.
#include "labstore/load.hpp"
#include "labstore/storage.hpp"
#include "support/cpu_time.hpp"

#include <unistd.h>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace labstore {
namespace {

using runtime::awaitable;
using steady = std::chrono::steady_clock;
namespace asio = boost::asio;

constexpr std::size_t objects = 10'000;
constexpr std::size_t object_bytes = 4096;
constexpr std::size_t io_thread_count = 2;

struct settings {
    double seconds = 30;
    double rate = 10'000;
    std::size_t tasks = 100;
    bool judged = true;
};

class engine {
  public:
    engine()
        : path_(
              std::filesystem::temp_directory_path() / ("labstore_engine_load_" + std::to_string(::getpid()))
          ) {
        std::filesystem::remove_all(path_);
        std::filesystem::create_directories(path_);
        meta::options index_settings;
        index_settings.path = (path_ / "index").string();
        index_ = std::move(*meta::open_local(index_settings, pool_));
        blob::options blob_settings;
        blob_settings.path = path_.string();
        blobs_ = std::move(*blob::open_local(blob_settings, pool_, blob::posix_file_system()));
        store_ = std::move(*storage::open({}, *index_, *blobs_, system_clock(), pool_));
    }

    ~engine() {
        store_ = nullptr;
        LABSTORE_ASSERT(blobs_->close());
        LABSTORE_ASSERT(index_->close());
        blobs_ = nullptr;
        index_ = nullptr;
        std::filesystem::remove_all(path_);
    }

    [[nodiscard]] storage::object_store& store() { return *store_; }

  private:
    const std::filesystem::path path_;
    runtime::blocking_pool pool_{{}};
    std::unique_ptr<meta::store> index_;
    std::unique_ptr<blob::store> blobs_;
    std::unique_ptr<storage::object_store> store_;
};

std::string key_of(std::size_t number) {
    return "folder/of/usual/length/object-" + std::to_string(number);
}

/// One thread's share; nothing of it is shared.
struct share {
    std::size_t thread = 0;
    steady::time_point start;
    steady::time_point end;
    double rate = 0;  // of this thread; 0: a closed loop
    std::uint64_t next = 0;
    std::uint64_t errors = 0;
    load::histogram latencies;
};

awaitable<bool> read_one(storage::object_store& store, std::size_t number) {
    storage::object_name name{"bench", key_of(number), {}};
    auto reader = co_await store.open_object(std::move(name));
    if (!reader)
        co_return false;
    std::uint64_t offset = 0;
    while (offset < object_bytes) {
        const auto bytes = co_await (*reader)->read(offset, object_bytes - offset);
        if (!bytes || bytes->empty())
            co_return false;
        offset += bytes->size();
    }
    co_return true;
}

awaitable<void> read_loop(storage::object_store& store, asio::io_context& context, share& mine) {
    asio::steady_timer timer(context);
    while (true) {
        // A read that memory answers never waits: without this, the first task would keep the thread to itself.
        co_await asio::post(context, asio::use_awaitable);
        const auto number = mine.next++;
        auto begun = steady::now();
        if (begun >= mine.end)
            co_return;
        if (mine.rate > 0) {
            const std::chrono::duration<double> at(static_cast<double>(number) / mine.rate);
            const auto due = mine.start + std::chrono::duration_cast<std::chrono::nanoseconds>(at);
            if (due >= mine.end)
                co_return;
            if (due > begun) {
                timer.expires_at(due);
                error_code ignored;
                co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
            }
            begun = due;
        }
        const auto object = (number * io_thread_count + mine.thread) * 7919 % objects;
        const bool good = co_await read_one(store, object);
        if (good)
            mine.latencies.record(static_cast<std::uint64_t>((steady::now() - begun).count()));
        else
            ++mine.errors;
    }
}

awaitable<void> fill(storage::object_store& store, std::size_t first, std::uint64_t& failed) {
    constexpr std::size_t stride = 64;
    for (auto number = first; number < objects; number += stride) {
        std::string bucket = "bench";
        auto key = key_of(number);
        auto stream = co_await store.begin_object(std::move(bucket), std::move(key), object_bytes);
        LABSTORE_ASSERT(stream);
        auto room = co_await (*stream)->prepare();
        LABSTORE_ASSERT(room && room->size() >= object_bytes);
        std::fill_n(room->begin(), object_bytes, static_cast<std::byte>(number));
        (*stream)->advance(object_bytes);
        storage::put_request request;
        request.owner = {std::string(64, '0'), "bench"};
        request.etag = std::string(32, 'a');
        const auto done = co_await store.put_object(std::move(*stream), std::move(request));
        failed += done ? 0 : 1;
    }
}

awaitable<void> make_bucket(storage::object_store& store) {
    auto name = bucket_name::trusted("bench");
    storage::account owner{std::string(64, '0'), "bench"};
    std::string region = "us-east-1";
    const auto made = co_await store.create_bucket(std::move(name), std::move(owner), std::move(region));
    LABSTORE_ASSERT(made);
}

void fill_all(engine& all) {
    runtime::io_threads threads(1);
    threads.start();
    runtime::task_group tasks;
    std::uint64_t failed = 0;
    auto executor = threads.context(0).get_executor();
    LABSTORE_ASSERT(tasks.spawn(executor, make_bucket(all.store())));
    tasks.wait();
    for (std::size_t first = 0; first < 64; ++first)
        LABSTORE_ASSERT(tasks.spawn(executor, fill(all.store(), first, failed)));
    tasks.wait();
    LABSTORE_ASSERT(failed == 0);
}

load::report measure(engine& all, const settings& wanted, double rate) {
    runtime::io_threads threads(io_thread_count);
    threads.start();
    runtime::task_group tasks;
    std::vector<share> shares(io_thread_count);
    const double cpu = cpu_seconds();
    const auto start = steady::now();
    for (std::size_t i = 0; i < io_thread_count; ++i) {
        shares[i].thread = i;
        shares[i].start = start;
        shares[i].end = start + std::chrono::nanoseconds(static_cast<std::int64_t>(wanted.seconds * 1e9));
        shares[i].rate = rate / io_thread_count;
    }
    for (std::size_t i = 0; i < wanted.tasks; ++i) {
        auto& context = threads.context(i % io_thread_count);
        const bool started =
            tasks.spawn(context.get_executor(), read_loop(all.store(), context, shares[i % io_thread_count]));
        LABSTORE_ASSERT(started);
    }
    tasks.wait();
    load::report found;
    found.measured_s = std::chrono::duration<double>(steady::now() - start).count();
    load::histogram latencies;
    for (const auto& each : shares) {
        latencies.add(each.latencies);
        found.total.errors += each.errors;
    }
    found.total.operations = latencies.count();
    found.total.operations_per_second = static_cast<double>(latencies.count()) / found.measured_s;
    found.total.latency = load::summarize(latencies);
    found.client_cpu_us_per_operation = (cpu_seconds() - cpu) * 1e6 / static_cast<double>(latencies.count());
    return found;
}

void print(const char* name, const load::report& found) {
    const auto& l = found.total.latency;
    std::printf(
        "%-34s %9.0f op/s  avg %.4f  p50 %.4f  p99 %.4f  p99.9 %.4f  max %.3f ms  %llu errors  %.1f us CPU "
        "an operation\n",
        name,
        found.total.operations_per_second,
        l.average_ms,
        l.p50_ms,
        l.p99_ms,
        l.p999_ms,
        l.max_ms,
        static_cast<unsigned long long>(found.total.errors),
        found.client_cpu_us_per_operation
    );
}

int run(const settings& wanted) {
    engine all;
    fill_all(all);
    // One in a hundred more than the rate is offered, so that the rate can be passed and not only reached.
    const auto paced = measure(all, wanted, wanted.rate * 1.01);
    print("begun by the clock (open loop)", paced);
    print("as fast as they go (closed loop)", measure(all, wanted, 0));
    const auto expected = load::parse_expectations(
        "throughput>" + std::to_string(std::lround(wanted.rate)) + ",avg<1ms,p99<10ms,errors=0"
    );
    int code = 0;
    for (const auto& each : load::judge(paced, *expected)) {
        std::printf("%s\n", each.text.c_str());
        if (!each.met && wanted.judged)
            code = 1;
    }
    return code;
}

}  // namespace
}  // namespace labstore

int main(int count, char** arguments) {
    labstore::settings wanted;
    std::vector<double> numbers;
    for (int i = 1; i < count; ++i) {
        const auto number = labstore::load::parse_number(arguments[i]);
        if (!number || *number <= 0 || *number > 1e7) {
            std::fprintf(stderr, "usage: labstore_engine_load [SECONDS [RATE [TASKS [ONLY_RUN]]]]\n");
            return 2;
        }
        numbers.push_back(*number);
    }
    wanted.seconds = !numbers.empty() ? numbers[0] : wanted.seconds;
    wanted.rate = numbers.size() > 1 ? numbers[1] : wanted.rate;
    wanted.tasks = numbers.size() > 2 ? static_cast<std::size_t>(numbers[2]) : wanted.tasks;
    wanted.judged = numbers.size() < 4;
    return labstore::run(wanted);
}
