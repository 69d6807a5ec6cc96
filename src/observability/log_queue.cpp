#include "observability/log_queue.hpp"

#include <pthread.h>

namespace labstore::log {

log_queue::~log_queue() {
    stop();
}

void log_queue::start(options settings, std::unique_ptr<line_sink> sink) {
    const std::lock_guard lock(mutex_);
    LABSTORE_ASSERT(!running_ && !thread_.joinable());
    settings_ = std::move(settings);
    sink_ = std::move(sink);
    running_ = true;
    thread_ = std::thread([this] { write_loop(); });
    ::pthread_setname_np(thread_.native_handle(), "log");
}

void log_queue::stop() {
    {
        const std::lock_guard lock(mutex_);
        running_ = false;
    }
    wake_.notify_one();
    if (thread_.joinable())
        thread_.join();
    sink_.reset();
}

bool log_queue::running() const {
    const std::lock_guard lock(mutex_);
    return running_;
}

void log_queue::push(queued_line line) {
    const auto size_bytes = line.size_bytes();
    bool wake = false;
    {
        const std::lock_guard lock(mutex_);
        if (!running_)
            return;
        if (lines_ >= settings_.queue_lines_max || bytes_ + size_bytes > settings_.queue_bytes_max) {
            ++counted_.dropped;
            ++dropped_unreported_;
            return;
        }
        // A wake-up costs more than a line: the thread is called for the first line only, and again when it
        // should stop lingering.
        const bool was_urgent = urgent_;
        const bool half_full =
            lines_ * 2 >= settings_.queue_lines_max || bytes_ * 2 >= settings_.queue_bytes_max;
        urgent_ = urgent_ || line.severity >= level::warn || half_full;
        wake = waiting_.empty() || urgent_ != was_urgent;
        ++lines_;
        bytes_ += size_bytes;
        waiting_.push_back(std::move(line));
    }
    if (wake)
        wake_.notify_one();
}

statistics log_queue::current() const {
    const std::lock_guard lock(mutex_);
    return counted_;
}

void log_queue::write_loop() {
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return !running_ || !waiting_.empty() || dropped_unreported_ > 0; });
        wake_.wait_for(lock, settings_.linger, [this] { return !running_ || urgent_; });
        if (waiting_.empty() && dropped_unreported_ == 0)
            return;
        std::vector<queued_line> batch;
        batch.swap(waiting_);
        urgent_ = false;
        const auto dropped = std::exchange(dropped_unreported_, 0);
        lock.unlock();
        std::size_t size_bytes = 0;
        for (const auto& line : batch) {
            size_bytes += line.size_bytes();
            write_one(line);
        }
        if (dropped > 0) {
            const field count("count", dropped);
            const auto event = "dropped " + std::to_string(dropped) + " log lines";
            write_one({level::warn, std::chrono::system_clock::now(), event_line(event, std::span(&count, 1))}
            );
        }
        sink_->flush();
        lock.lock();
        lines_ -= batch.size();
        bytes_ -= size_bytes;
        counted_.written += batch.size() + (dropped > 0 ? 1 : 0);
        counted_.failed = failed_;
    }
}

void log_queue::write_one(const queued_line& line) {
    text_.clear();
    append_line(text_, line, settings_.lines);
    if (!sink_->write(line.severity, line.time, text_))
        ++failed_;
}

}  // namespace labstore::log
