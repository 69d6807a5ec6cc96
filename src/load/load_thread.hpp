// One thread's connections and what they do.
#pragma once

#include "load/object_pool.hpp"
#include "load/s3_client.hpp"
#include "load/schedule.hpp"
#include "load/tally.hpp"

#include "labstore/runtime.hpp"

#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace labstore::load {

/// What all threads share; outlives them.
struct common_ground {
    const options& wanted;
    const payload_pool& payloads;
    const payload_pool* part_payloads;  // null without multipart uploads
    const std::vector<asio::ip::tcp::endpoint>& endpoints;
    const tls_client* tls;  // null to a plain target
    const std::atomic<bool>& stop;
    live_board& board;
};

/// A thread's share of connections, objects and schedule: nothing of it is touched by another thread while tasks run, so
/// nothing of it is locked. The functions that start tasks return at once; who called them waits for the group and may then
/// look at the results. Memory: a read buffer of 256 KiB, seven histograms, and some KiB a connection.
class load_thread {
  public:
    load_thread(asio::io_context& context, common_ground ground, std::size_t index);

    /// Writes objects until none is missing.
    void start_filling(runtime::task_group& tasks);
    /// One run, whose time began at `start`.
    void start_measuring(runtime::task_group& tasks, const pace& timing, steady::time_point start);
    /// Deletes whatever was written, whether stopped or not.
    void start_emptying(runtime::task_group& tasks);

    /// Of the last run.
    [[nodiscard]] const tally& counted() const noexcept { return counted_; }

    /// When the last counted operation of the last run ended.
    [[nodiscard]] steady::time_point last_end() const noexcept { return last_end_; }

    [[nodiscard]] bool used_up() const noexcept { return used_up_; }

    /// The first error of filling or emptying; empty when there was none.
    [[nodiscard]] const std::string& failure() const noexcept { return failure_; }

    [[nodiscard]] std::uint64_t reconnects() const noexcept;

    /// For what happens once and alone: the bucket.
    [[nodiscard]] s3_client& first_client() noexcept { return workers_.front()->client; }

    [[nodiscard]] asio::io_context& context() noexcept { return context_; }

  private:
    struct worker {
        std::size_t number;  // among all threads' connections
        connection link;
        s3_client client;
        asio::steady_timer timer;
        std::uint64_t uploads = 0;

        worker(load_thread& home, std::size_t connection_number);
    };

    void start(runtime::task_group& tasks, bool heeds_stop);
    awaitable<void> fill(worker& me);
    awaitable<void> empty(worker& me);
    awaitable<void> run(worker& me);
    awaitable<void> watch();
    awaitable<void> wait_until(worker& me, steady::time_point when);
    awaitable<std::optional<done>> perform(worker& me, operation kind);
    awaitable<std::optional<done>> read_or_delete(worker& me, operation kind);
    awaitable<std::optional<done>> write(worker& me);
    [[nodiscard]] operation choose();
    [[nodiscard]] bool out_of_count(bool measured);
    void record(operation kind, steady::time_point begun, bool measured, const done& ended);
    void worker_ended();
    void publish();

    asio::io_context& context_;
    const common_ground ground_;
    const std::size_t index_;
    std::vector<std::byte> read_buffer_;
    request_writer heads_;
    object_pool pool_;
    object_pool::random random_;
    std::vector<std::unique_ptr<worker>> workers_;
    asio::steady_timer watch_timer_;
    std::size_t running_ = 0;
    bool heeds_stop_ = true;

    pace timing_;
    std::optional<rate_schedule> schedule_;
    steady::time_point start_;
    steady::time_point measure_start_;
    steady::time_point end_;
    std::uint64_t count_left_ = 0;
    bool used_up_ = false;
    tally counted_;
    live_board::figures recent_;
    steady::time_point last_end_;
    std::string failure_;
};

/// The part of `total` that falls to `index` of `parts`; the first ones take what does not divide.
[[nodiscard]] std::size_t share_of(std::size_t total, std::size_t index, std::size_t parts) noexcept;
/// Where that part begins.
[[nodiscard]] std::size_t share_start(std::size_t total, std::size_t index, std::size_t parts) noexcept;

}  // namespace labstore::load
