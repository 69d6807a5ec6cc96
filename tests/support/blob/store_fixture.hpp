// Drives a blob store from plain test code, and an index of the test's own that judges for it.
#pragma once

#include "labstore/blob.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace labstore::blob::testing {

/// Runs one coroutine to its end on a context of its own.
template <typename T>
T run(awaitable<T> task) {
    runtime::asio::io_context context(1);
    std::optional<T> out;
    runtime::asio::co_spawn(context, std::move(task), [&out](std::exception_ptr failure, T value) {
        if (failure)
            std::rethrow_exception(failure);
        out.emplace(std::move(value));
    });
    context.run();
    LABSTORE_ASSERT(out.has_value());
    return std::move(*out);
}

/// Writes `content` in pieces of at most `piece_size`.
awaitable<result<ref>> put(
    store& where,
    owner whose,
    std::string content,
    std::optional<std::uint64_t> size_hint,
    std::size_t piece_size
);
/// Reads a range of a blob.
awaitable<result<std::string>> get(store& where, ref which, std::uint64_t offset, std::uint64_t size_bytes);

[[nodiscard]] result<ref> put_now(store& where, const owner& whose, const std::string& content);
[[nodiscard]] result<std::string> get_now(store& where, const ref& which);

/// Reproducible bytes that differ everywhere: each 8 of them name the seed and their place.
[[nodiscard]] std::string pattern(std::uint64_t seed, std::size_t size);

[[nodiscard]] owner owner_of(const std::string& key);

/// The index of a test: key to ref. Survives whatever happens to the store. Thread-safe.
class test_index final : public referee {
  public:
    test_index() = default;

    test_index(const test_index& other) : referee(other), refs_(other.all()) {}

    test_index& operator=(const test_index&) = delete;
    ~test_index() override = default;

    awaitable<result<bool>> is_live(const owner& whose, const ref& which) override;
    awaitable<result<bool>> relocate(const owner& whose, const ref& from, const ref& to) override;

    void set(const std::string& key, const ref& which);
    /// The ref that is no longer named.
    std::optional<ref> erase(const std::string& key);
    [[nodiscard]] std::optional<ref> find(const std::string& key) const;
    [[nodiscard]] std::map<std::string, ref> all() const;

  private:
    mutable std::mutex mutex_;
    std::map<std::string, ref> refs_;
};

/// Calls maintain until it has nothing more to do at once, at most `steps_max` times; what it did in all.
[[nodiscard]] result<maintenance_report> maintain_all(store& where, referee& judge, int steps_max = 10'000);

}  // namespace labstore::blob::testing
