#pragma once

#include "labstore/crypto.hpp"
#include "labstore/runtime.hpp"
#include "labstore/s3.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

namespace labstore::s3 {

class body_md5;

/// Hashes the bodies of all requests side by side: one thread, `crypto::md5_lanes` wide. Whoever comes while it works
/// joins at its next run, so nobody waits for company and company comes by itself under load. Its queue holds no more
/// than one piece of each body in flight. Thread-safe; outlives its bodies. docs/performance.md has the figures.
class md5_station {
  public:
    /// Below this, hashing costs less than two hops between threads.
    static constexpr std::size_t hop_bytes_min = 16 * KiB;

    explicit md5_station(crypto::md5_width width = crypto::widest_md5());
    /// Finishes what it was given.
    ~md5_station();

    [[nodiscard]] hashing_figures statistics() const noexcept;

  private:
    friend class body_md5;

    /// Nothing is gained by another thread where one message at a time is all it can do.
    [[nodiscard]] bool worth_a_hop(std::size_t size_bytes) const noexcept {
        return width_ != crypto::md5_width::scalar && size_bytes >= hop_bytes_min;
    }

    static void give_way() noexcept;
    void submit(body_md5& body);
    void work_loop();

    const crypto::md5_width width_;
    std::atomic<std::uint64_t> jobs_{0};
    std::atomic<std::uint64_t> runs_{0};
    std::atomic<std::uint64_t> lanes_{0};
    labstore::mutex mutex_;
    labstore::condition_variable wake_;
    std::deque<body_md5*> queue_;
    bool asleep_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

/// The MD5 of one body, a piece at a time, while its coroutine reads the next piece. Stays where it is. Used by one coroutine.
class body_md5 {
  public:
    explicit body_md5(md5_station& station) : station_(station) {}

    body_md5(const body_md5&) = delete;
    body_md5& operator=(const body_md5&) = delete;
    /// Waits, on this thread, for the piece under way: an exception may end the coroutine before it could.
    ~body_md5();

    /// A piece is under way: it reads the bytes it was given.
    [[nodiscard]] bool busy() const noexcept { return state_.load() != state::idle; }

    /// Until it is not busy.
    runtime::awaitable<void> wait();

    /// Begins with the next piece, or takes it at once when it is small. Not while busy.
    void begin(byte_span bytes);

    /// Not while busy.
    [[nodiscard]] crypto::md5_digest finish() noexcept;

  private:
    friend class md5_station;

    enum class state : std::uint8_t { idle, running, awaited };

    struct piece : crypto::md5_job {
        body_md5* owner = nullptr;
    };

    void finished();

    md5_station& station_;
    crypto::md5_stream sum_;
    piece piece_;
    std::atomic<state> state_{state::idle};
    std::optional<runtime::resumer<bool>> waiter_;
};

}  // namespace labstore::s3
