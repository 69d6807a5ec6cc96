#pragma once

#include "http/connection.hpp"
#include "http/handshake_turns.hpp"
#include "http/read_buffer.hpp"
#include "http/request_ids.hpp"
#include "http/wire_head.hpp"
#include "labstore/http.hpp"

#include <boost/asio/steady_timer.hpp>

#include <atomic>

namespace labstore::http {

/// What all connections of a service share and only read.
struct service_settings {
    options limits;
    std::string server_name;
    std::string host_id;
    handler& requests;
    net::tls_server* tls = nullptr;  // null: plain HTTP
    std::atomic<bool> draining{false};
    std::atomic<std::size_t> connections{0};
};

/// What the connections of one I/O thread share. Only that thread touches it, but for `sessions` and
/// `sweeper`.
class io_thread {
  public:
    io_thread(asio::io_context& context, service_settings& settings);

    io_thread(const io_thread&) = delete;
    io_thread& operator=(const io_thread&) = delete;

    /// Starts the sweeper when it sleeps: it runs only while there are connections.
    void add(connection& added);
    void remove(connection& removed) noexcept;

    /// Judges all connections without waiting for the sweeper's next turn.
    void sweep_now() noexcept;

    void cut_all() noexcept;

    /// Counts one request in flight. On this thread only, so it needs no read-modify-write.
    class busy_request {
      public:
        explicit busy_request(io_thread& thread) noexcept : thread_(thread) { change(1); }

        busy_request(const busy_request&) = delete;
        busy_request& operator=(const busy_request&) = delete;

        ~busy_request() { change(-1); }

      private:
        void change(std::int64_t by) noexcept {
            auto& count = thread_.requests_in_flight_;
            count.store(count.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
        }

        io_thread& thread_;
    };

    /// From any thread.
    [[nodiscard]] std::int64_t requests_in_flight() const noexcept {
        return requests_in_flight_.load(std::memory_order_relaxed);
    }

    asio::io_context& context;
    service_settings& settings;
    buffer_pool buffers;
    request_ids ids;
    date_cache date;
    handshake_turns handshakes;

  private:
    runtime::awaitable<void> sweep_while_connected();
    void sweep() noexcept;

    connection_list connections_;
    asio::basic_waitable_timer<
        std::chrono::steady_clock,
        asio::wait_traits<std::chrono::steady_clock>,
        asio::io_context::executor_type>
        sweep_timer_;
    bool sweeping_ = false;
    std::atomic<std::int64_t> requests_in_flight_{0};

  public:
    runtime::task_group sweeper;
    runtime::task_group sessions;
};

}  // namespace labstore::http
