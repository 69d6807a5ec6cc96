#pragma once

#include "blob/segment_appender.hpp"

namespace labstore::blob {

/// Group commit of one active segment: a thread takes all records that wait at the moment it is free, writes
/// them with one sync and wakes their coroutines. It never waits for company.
class segment_committer {
  public:
    segment_committer(engine& host, segment_supply& supply);
    ~segment_committer();

    /// Continues when the record has its outcome. `draft` lives in the caller's frame. busy past
    /// queue_size_max, cancelled after `stop`.
    [[nodiscard]] awaitable<result<ref>> commit(record_draft& draft);

    /// Commits what is queued, seals the segment and ends the thread.
    void stop();

    [[nodiscard]] std::uint64_t room() const noexcept { return appender_.room(); }

    /// Records that wait.
    [[nodiscard]] std::size_t queued() const;

  private:
    struct waiting {
        record_draft* draft;
        steady_time since;
        runtime::resumer<result<ref>> wake;
    };

    void commit_loop();
    void commit_group(std::vector<waiting> group);

    engine& host_;
    segment_appender appender_;
    const std::size_t queue_size_max_;
    mutable labstore::mutex mutex_;
    labstore::condition_variable wake_;
    std::vector<waiting> queue_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace labstore::blob
