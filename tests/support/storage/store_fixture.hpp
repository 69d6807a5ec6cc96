// An object store over memory or over the real local engines, with calls that wait for their answer.
#pragma once

#include "labstore/storage.hpp"
#include "support/meta/memory_store.hpp"
#include "support/storage/memory_blob_store.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace labstore::storage {

/// Runs where the tests tell it to; starts at a fixed time.
class manual_clock final : public clock {
  public:
    [[nodiscard]] wall_time now() const noexcept override {
        // A tick for each look keeps times apart, as nanoseconds do.
        return wall_time(std::chrono::nanoseconds(now_ns_.fetch_add(1)));
    }

    void advance(std::chrono::nanoseconds by) { now_ns_.fetch_add(by.count()); }

  private:
    mutable std::atomic<std::int64_t> now_ns_{1'800'000'000'000'000'000};
};

enum class backend { memory, local };

class store_fixture {
  public:
    explicit store_fixture(backend kind, options settings = test_options());
    ~store_fixture();
    store_fixture(const store_fixture&) = delete;
    store_fixture& operator=(const store_fixture&) = delete;

    /// Small parts, no delays.
    static options test_options();

    [[nodiscard]] object_store& store() { return *store_; }

    [[nodiscard]] meta::memory_store& memory_index() { return *memory_index_; }

    [[nodiscard]] blob::memory_blob_store& memory_blobs() { return *memory_blobs_; }

    /// Folder of the local engines.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    manual_clock time;

    /// Stops everything and opens it again, as a restart does.
    void reopen();
    /// Closes the store, and the engines where there are files.
    void shut();
    /// The maintenance loop on a thread of its own, until `reopen`, `shut` or `stop_maintenance`.
    void start_maintenance();
    void stop_maintenance();
    /// Runs the maintenance until this holds; false after ten seconds.
    bool settle(const std::function<bool()>& holds);

    /// Runs a coroutine to its end.
    template <typename T>
    T wait(awaitable<T> task) {
        std::optional<T> out;
        run(store_into(std::move(task), out));
        return std::move(*out);
    }

    /// Runs several at once, on one thread, interleaved.
    void run_all(std::vector<awaitable<void>> tasks);

    // -- calls with their usual arguments
    // --------------------------------------------------------------------
    result<bucket_info> create_bucket(const std::string& name);
    result<put_result> put(
        const std::string& bucket, const std::string& key, const std::string& bytes, put_request request = {}
    );
    /// The whole object, read in pieces of `piece` bytes.
    result<std::string> get(const std::string& bucket, const std::string& key, std::uint64_t piece = 1 * MiB);
    result<object_info> stat(const std::string& bucket, const std::string& key);
    result<delete_result> remove(
        const std::string& bucket, const std::string& key, delete_conditions conditions = {}
    );
    result<std::string> create_upload(const std::string& bucket, const std::string& key);
    result<part_info> put_part(
        const std::string& bucket,
        const std::string& key,
        const std::string& upload_id,
        std::uint32_t number,
        const std::string& bytes,
        std::optional<checksum_value> checksum = std::nullopt
    );
    result<put_result> complete(
        const std::string& bucket,
        const std::string& key,
        const std::string& upload_id,
        const std::vector<part_info>& parts
    );
    /// Keys, and common prefixes with a '*' behind them, of all pages.
    std::vector<std::string> list(list_request request);

  private:
    template <typename T>
    static awaitable<void> store_into(awaitable<T> task, std::optional<T>& out) {
        out.emplace(co_await std::move(task));
    }

    void run(awaitable<void> task);
    void open();

    const backend kind_;
    const options settings_;
    std::string path_;
    runtime::blocking_pool pool_;
    std::unique_ptr<meta::store> index_;
    std::unique_ptr<blob::store> blobs_;
    meta::memory_store* memory_index_ = nullptr;
    blob::memory_blob_store* memory_blobs_ = nullptr;
    std::unique_ptr<object_store> store_;
    std::unique_ptr<runtime::io_threads> threads_;
    std::unique_ptr<runtime::task_group> tasks_;
};

// The same calls as coroutines, for tests that run many at once. References outlive the task.
awaitable<result<put_result>> put_bytes(
    object_store& store, std::string bucket, std::string key, std::string bytes, put_request request
);
awaitable<result<std::string>> read_all(object_reader& reader, std::uint64_t piece);
awaitable<result<std::string>> get_bytes(object_store& store, std::string bucket, std::string key);
awaitable<result<void>> fill(upload_stream& stream, std::string_view bytes);

[[nodiscard]] std::string md5_hex(std::string_view bytes);
[[nodiscard]] account test_owner();
/// Bytes that differ from place to place and from seed to seed.
[[nodiscard]] std::string pattern(std::size_t size, std::uint32_t seed);
[[nodiscard]] checksum_value checksum_of(crypto::checksum_algorithm algorithm, std::string_view bytes);

}  // namespace labstore::storage
