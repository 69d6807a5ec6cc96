#pragma once

#include "labstore/net.hpp"
#include "labstore/observability/metrics.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>

namespace labstore::net {

using acceptor = asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type>;

/// Accepts on one I/O thread and hands the sockets, non-blocking and with TCP_NODELAY, to the sink. Survives
/// every error of accept; out of file descriptors, it waits a little and goes on.
class accept_loop {
  public:
    accept_loop(acceptor listening, runtime::limit& connections, connection_sink& sink)
        : acceptor_(std::move(listening)),
          retry_timer_(acceptor_.get_executor()),
          connections_(connections),
          sink_(sink) {}

    /// Starts accepting. Both run in `tasks`, which is waited for before the loop is destroyed.
    void start(runtime::task_group& tasks);
    /// Ends it: connections that the kernel has completed are still handed over, then the socket closes.
    void stop(runtime::task_group& tasks);

    [[nodiscard]] asio::io_context& context() noexcept { return acceptor_.get_executor().context(); }

    /// Of this loop. From any thread.
    [[nodiscard]] stats statistics() const noexcept { return {accepted_.value(), exhausted_.value()}; }

  private:
    enum class pass { drained, exhausted };

    runtime::awaitable<void> run();
    runtime::awaitable<void> interrupt();
    [[nodiscard]] pass accept_pending();
    void hand_over(int fd);

    acceptor acceptor_;
    asio::basic_waitable_timer<
        std::chrono::steady_clock,
        asio::wait_traits<std::chrono::steady_clock>,
        asio::io_context::executor_type>
        retry_timer_;
    runtime::limit& connections_;
    connection_sink& sink_;
    metrics::counter accepted_;
    metrics::counter exhausted_;
    bool stopping_ = false;
};

}  // namespace labstore::net
