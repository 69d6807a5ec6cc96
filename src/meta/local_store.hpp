// The local engine behind labstore/meta.hpp.
#pragma once

#include "labstore/meta.hpp"

#include "meta/committer.hpp"
#include "meta/database.hpp"

#include <rocksdb/env.h>

#include <memory>
#include <mutex>
#include <thread>

namespace labstore::meta {

class local_store final : public store {
  public:
    /// `env` outlives the store; tests put their faults there.
    [[nodiscard]] static result<std::unique_ptr<store>> open(
        options settings, runtime::blocking_pool& pool, rocksdb::Env& env
    );

    ~local_store() override;

    awaitable<result<std::optional<entry>>> get(partition_id partition, std::string key) override;
    awaitable<result<page>> scan(partition_id partition, scan_request request) override;
    awaitable<result<std::vector<page>>> scan_together(
        partition_id partition, std::vector<scan_request> requests
    ) override;
    awaitable<result<revision>> apply(partition_id partition, batch changes, sync mode) override;

    [[nodiscard]] bool writable() const noexcept override;
    [[nodiscard]] stats statistics() const override;
    [[nodiscard]] result<void> close() override;

  private:
    local_store(options settings, runtime::blocking_pool& pool, std::unique_ptr<database> target);

    /// What a look at the given tier found; nullopt when it would have to wait for the disk.
    using looked_up = std::optional<result<std::optional<entry>>>;
    [[nodiscard]] looked_up look_up(const std::string& stored_key, rocksdb::ReadTier tier);
    /// Of one state of the database, under a reader's lock; a null `state` is the newest.
    [[nodiscard]] static result<page> read_page(
        rocksdb::DB& db, const rocksdb::Snapshot* state, partition_id partition, const scan_request& request
    );
    [[nodiscard]] result<std::vector<page>> read_pages(
        partition_id partition, const std::vector<scan_request>& requests
    );
    [[nodiscard]] bool is_too_large(const batch& changes) const noexcept;
    void maintain_loop();
    void stop_threads();

    const options settings_;
    runtime::blocking_pool& pool_;
    const std::unique_ptr<database> database_;
    metrics::counter lookups_cached_;
    metrics::counter lookups_from_device_;
    committer committer_;
    bool closed_ = false;

    labstore::mutex mutex_;
    labstore::condition_variable wake_;
    bool stopping_ = false;
    std::thread maintenance_;
};

}  // namespace labstore::meta
