#pragma once

#include "blob/compactor.hpp"
#include "blob/local_writer.hpp"
#include "blob/orphan_sweep.hpp"

namespace labstore::blob {

/// In the modes that sync later: a thread that makes everything written so far durable once per interval.
class interval_sync {
  public:
    explicit interval_sync(engine& host);
    ~interval_sync();

    void stop();

  private:
    void sync_loop();

    engine& host_;
    labstore::mutex mutex_;
    labstore::condition_variable wake_;
    bool stopping_ = false;
    std::thread thread_;
};

/// The embedded engine: packed blobs in segments, large ones in files of their own.
class local_store final : public store {
  public:
    /// `host` has its segments in the table; `sweep` after an unclean stop.
    local_store(std::unique_ptr<engine> host, bool sweep);
    ~local_store() override;

    awaitable<result<std::unique_ptr<writer>>> create(owner whose, std::optional<std::uint64_t> size_hint)
        override;
    awaitable<result<std::unique_ptr<reader>>> open(ref which) override;
    awaitable<result<ref>> clone(ref which, owner whose) override;
    awaitable<result<void>> remove(std::vector<ref> which) override;
    awaitable<result<maintenance_report>> maintain(referee& judge) override;
    [[nodiscard]] stats statistics() const override;
    [[nodiscard]] result<void> close() override;

  private:
    awaitable<result<std::unique_ptr<reader>>> open_packed(packed_locator where, std::uint64_t size_bytes);
    awaitable<result<std::unique_ptr<reader>>> open_large(large_locator where, std::uint64_t size_bytes);
    awaitable<result<ref>> copy_bytes(ref which, owner whose);
    segment_committer& next_committer() noexcept;
    void stop();

    std::unique_ptr<engine> host_;
    segment_supply supply_;
    large_store large_;
    std::vector<std::unique_ptr<segment_committer>> committers_;
    std::atomic<std::size_t> turn_{0};
    compactor compactor_;
    orphan_sweep sweep_;
    std::unique_ptr<interval_sync> interval_sync_;
    bool stopped_ = false;
};

}  // namespace labstore::blob
