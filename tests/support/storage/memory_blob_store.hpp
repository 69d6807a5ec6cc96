// The contract of labstore/blob.hpp kept in a map: blobs by id, with failures chosen in advance and a compaction
// that moves every blob when asked to.
#pragma once

#include "labstore/blob.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace labstore::blob {

enum class blob_call { create, prepare, finish, open, read, clone, remove };

/// Thread-safe. Every call suspends once, so that coroutines interleave as they would over a disk. A reader keeps
/// its bytes whatever happens to the blob.
class memory_blob_store final : public store {
  public:
    struct blob_record {
        owner whose;
        std::shared_ptr<const std::string> bytes;
    };

    explicit memory_blob_store(std::size_t room_bytes = 64 * KiB);
    ~memory_blob_store() override;

    // -- hooks ----------------------------------------------------------------------------------------------

    /// The call of this kind after `skip` further ones fails so and does nothing.
    void inject(blob_call which, errc failure, std::uint64_t skip = 0);
    /// Called after each finish, before its caller goes on.
    void after_finish(std::function<void()> hook);
    /// The next `maintain` asks the referee for every blob: moves the live ones, drops the dead ones.
    void compact_next_time();
    /// Loses a blob's bytes.
    void lose(const std::string& locator);

    [[nodiscard]] std::map<std::string, blob_record> contents() const;
    [[nodiscard]] std::size_t count() const;
    [[nodiscard]] std::uint64_t bytes() const;
    [[nodiscard]] std::uint64_t moved() const;
    [[nodiscard]] std::uint64_t cloned() const;

    /// Writers begun and neither finished nor dropped.
    [[nodiscard]] std::uint64_t writers() const noexcept { return writers_.load(); }

    // -- store ----------------------------------------------------------------------------------------------

    awaitable<result<std::unique_ptr<writer>>> create(owner whose, std::optional<std::uint64_t> size_hint)
        override;
    awaitable<result<std::unique_ptr<reader>>> open(ref which) override;
    awaitable<result<ref>> clone(ref which, owner whose) override;
    awaitable<result<void>> remove(std::vector<ref> which) override;
    awaitable<result<maintenance_report>> maintain(referee& judge) override;

    [[nodiscard]] stats statistics() const override { return {}; }

    [[nodiscard]] result<void> close() override { return {}; }

  private:
    class memory_writer;
    class memory_reader;

    std::optional<errc> failure_of(blob_call which);
    ref add(owner whose, std::shared_ptr<const std::string> bytes);
    awaitable<result<void>> move(
        referee& judge, std::string locator, blob_record blob, maintenance_report& report
    );

    const std::size_t room_bytes_;
    mutable std::mutex mutex_;
    std::map<std::string, blob_record> blobs_;
    std::map<blob_call, std::map<std::uint64_t, errc>> failures_;
    std::map<blob_call, std::uint64_t> calls_;
    std::function<void()> after_finish_;
    std::uint64_t last_id_ = 0;
    std::uint64_t moved_ = 0;
    std::uint64_t cloned_ = 0;
    bool compact_ = false;
    std::atomic<std::uint64_t> writers_{0};
};

}  // namespace labstore::blob
