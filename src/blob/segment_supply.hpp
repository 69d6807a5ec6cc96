#pragma once

#include "blob/engine.hpp"

#include <deque>
#include <thread>

namespace labstore::blob {

/// What a segment is wanted for. The last spare is left to compaction, so that a full device can be emptied
/// by deletes.
enum class segment_purpose { requests, compaction };

/// Keeps spare segments ready: zeros written ahead by a thread of its own (so that a later sync flushes data
/// only, no file system journal), emptied ones first. Thread-safe.
class segment_supply {
  public:
    struct prepared {
        std::shared_ptr<segment> what;
        std::shared_ptr<file> data;
    };

    explicit segment_supply(engine& host);
    ~segment_supply();

    void start();
    void stop();

    /// Blocks until one is ready, or none can be had: full, io_error, cancelled after `stop`.
    [[nodiscard]] result<prepared> take(segment_purpose purpose);

    /// There may be room again.
    void kick();

    /// The last attempt found no room, and requests may not have what is ready.
    [[nodiscard]] bool out_of_room();

  private:
    void prepare_loop();
    result<prepared> prepare_one();
    /// nullptr in `what` when there was no usable free segment.
    result<prepared> reuse_one();
    result<prepared> create_one();
    result<void> write_zeros(file& data, std::uint64_t size_bytes);
    result<void> write_header(file& data, const segment& what, std::uint64_t incarnation);
    [[nodiscard]] bool may_take(segment_purpose purpose);

    engine& host_;
    const std::size_t target_;
    labstore::mutex mutex_;
    labstore::condition_variable changed_;  // for takers
    labstore::condition_variable wake_;     // for the thread
    std::deque<prepared> spares_;
    std::uint64_t failures_ = 0;
    error_code last_error_;
    bool last_failed_ = false;
    bool kicked_ = false;
    std::atomic<bool> stopping_{false};
    std::uint64_t next_number_ = 0;
    std::thread thread_;
};

}  // namespace labstore::blob
