// The bounded queue between those who log and the thread that writes.
#pragma once

#include "observability/log_line.hpp"
#include "observability/log_sink.hpp"

#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace labstore::log {

/// `push` from any thread at any time, also before `start` and after `stop` (the line is then ignored).
/// `start` and `stop` are called by one thread.
class log_queue {
  public:
    log_queue() = default;
    ~log_queue();

    void start(options settings, std::unique_ptr<line_sink> sink);
    /// Writes what is queued, then ends the thread.
    void stop();

    [[nodiscard]] bool running() const;

    /// Waits for nothing but the queue's own lock. A line past a limit is dropped and counted.
    void push(queued_line line);

    [[nodiscard]] statistics current() const;

  private:
    void write_loop();
    void write_one(const queued_line& line);

    mutable labstore::mutex mutex_;
    labstore::condition_variable wake_;
    options settings_;
    bool running_ = false;
    bool urgent_ = false;  // do not linger
    std::vector<queued_line> waiting_;
    std::size_t lines_ = 0;  // waiting or being written
    std::size_t bytes_ = 0;
    std::uint64_t dropped_unreported_ = 0;
    statistics counted_;

    std::unique_ptr<line_sink> sink_;  // the thread's own from here on
    std::string text_;
    std::uint64_t failed_ = 0;
    std::thread thread_;
};

}  // namespace labstore::log
