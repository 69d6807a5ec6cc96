#pragma once

#include "labstore/http/service.hpp"
#include "labstore/net.hpp"
#include "support/http/echo_handler.hpp"

#include <memory>

namespace labstore::support {

/// An http service with an `echo_handler` behind a real listener on a free loopback port.
class test_server {
  public:
    explicit test_server(
        http::options limits = {},
        std::uint64_t connections_max = 1024,
        std::size_t thread_count = 1,
        net::tls_server* tls = nullptr
    )
        : threads_(thread_count),
          service_(http::make_service(limits, {"LabStore", "HOST-ID"}, threads_, handler_, tls)) {
        threads_.start();
        net::options where;
        where.port = 0;
        where.connections_max = connections_max;
        auto listening = net::listen(where, threads_, *service_);
        LABSTORE_ASSERT(listening.has_value());
        listener_ = std::move(*listening);
    }

    ~test_server() {
        listener_->stop();
        service_->finish_drain(std::chrono::milliseconds(0));
    }

    [[nodiscard]] std::uint16_t port() const { return listener_->port(); }

    [[nodiscard]] echo_handler& handler() { return handler_; }

    [[nodiscard]] http::service& service() { return *service_; }

    [[nodiscard]] net::listener& listener() { return *listener_; }

  private:
    echo_handler handler_;
    runtime::io_threads threads_;
    std::unique_ptr<http::service> service_;
    std::unique_ptr<net::listener> listener_;
};

}  // namespace labstore::support
