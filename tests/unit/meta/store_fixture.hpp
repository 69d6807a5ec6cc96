// What the tests of meta share: running coroutines, scratch folders, a local store with its pool.
#pragma once

#include "labstore/meta.hpp"

#include "meta/local_store.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <unistd.h>

#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace labstore::meta {

/// Runs one coroutine to its end on the calling thread.
template <typename T>
T run(awaitable<T> task) {
    runtime::asio::io_context context(1);
    std::optional<T> value;
    runtime::asio::co_spawn(context, std::move(task), [&value](std::exception_ptr failure, T got) {
        if (failure)
            std::rethrow_exception(failure);
        value = std::move(got);
    });
    context.run();
    return std::move(*value);
}

/// A folder of its own, removed at the end.
class scratch_folder {
  public:
    scratch_folder() {
        static int count = 0;
        path_ = std::filesystem::temp_directory_path() /
                ("labstore_meta_" + std::to_string(::getpid()) + "_" + std::to_string(count++));
        std::filesystem::remove_all(path_);
        std::filesystem::create_directories(path_);
    }

    ~scratch_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] std::string path(const std::string& name = "index") const {
        return (path_ / name).string();
    }

  private:
    std::filesystem::path path_;
};

/// Small, so that tests meet flushes.
inline options small_options(const std::string& path) {
    options settings;
    settings.path = path;
    settings.block_cache_bytes = 4 * MiB;
    settings.memtable_bytes = 1 * MiB;
    return settings;
}

inline std::unique_ptr<store> open_or_fail(
    const options& settings, runtime::blocking_pool& pool, rocksdb::Env& env = *rocksdb::Env::Default()
) {
    auto opened = local_store::open(settings, pool, env);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message());
    return opened ? std::move(*opened) : nullptr;
}

inline result<revision> put(
    store& into,
    partition_id partition,
    const std::string& key,
    const std::string& value,
    sync mode = sync::as_configured
) {
    batch changes;
    changes.put(key, value);
    return run(into.apply(partition, std::move(changes), mode));
}

inline result<std::optional<entry>> get(store& from, partition_id partition, const std::string& key) {
    return run(from.get(partition, key));
}

/// The value, "(absent)", or the name of the error.
inline std::string value_of(store& from, partition_id partition, const std::string& key) {
    const auto found = get(from, partition, key);
    if (!found)
        return std::string(errc_name(to_errc(found.error())));
    return *found ? (*found)->value : "(absent)";
}

template <typename T>
errc error_of(const result<T>& outcome) {
    return outcome ? errc::ok : to_errc(outcome.error());
}

}  // namespace labstore::meta
