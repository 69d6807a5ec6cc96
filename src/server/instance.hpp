#pragma once

#include "labstore/admin.hpp"
#include "labstore/auth.hpp"
#include "labstore/blob.hpp"
#include "labstore/http/service.hpp"
#include "labstore/meta.hpp"
#include "labstore/net.hpp"
#include "labstore/net/tls.hpp"
#include "labstore/runtime.hpp"
#include "labstore/s3.hpp"
#include "labstore/storage.hpp"
#include "server/dispatcher.hpp"
#include "server/failure.hpp"
#include "server/request_log.hpp"
#include "server/root_credential.hpp"
#include "server/storage_folder.hpp"

#include <atomic>
#include <memory>

namespace labstore::server {

/// One running server: everything it is made of, in the order in which each part needs the ones before it.
/// Started and stopped from one thread, which is none of its own.
class instance final : private admin::status_source {
  public:
    /// Opens the storage path and everything on it, then listens, with `tls` for HTTPS. What was begun is undone on failure.
    [[nodiscard]] static attempt<std::unique_ptr<instance>> start(
        config::settings settings, const line_sink& say, std::unique_ptr<net::tls_server> tls = nullptr
    );

    ~instance() override;

    /// Readiness fails, no connection is accepted any more, requests in flight end within drain_time_max (what
    /// is left then is cut), background work ends, bytes and index are synced. Once.
    [[nodiscard]] attempt<void> stop();

    [[nodiscard]] std::uint16_t port() const noexcept { return listener_->port(); }

    /// nullptr without TLS.
    [[nodiscard]] net::tls_server* tls() const noexcept { return tls_.get(); }

    /// 0 without the profiling listener.
    [[nodiscard]] std::uint16_t pprof_port() const noexcept { return pprof_ ? pprof_->listener->port() : 0; }

    /// 0 without the website listener.
    [[nodiscard]] std::uint16_t website_port() const noexcept {
        return website_ ? website_->listener->port() : 0;
    }

  private:
    /// Beside the one for S3.
    struct side_listener {
        std::unique_ptr<http::service> web;
        std::unique_ptr<net::listener> listener;
    };

    instance(config::settings settings, storage_folder folder, std::unique_ptr<net::tls_server> tls);

    attempt<void> open_credential(const line_sink& say);
    attempt<void> open_storage();
    attempt<void> open_network();
    attempt<void> open_profiling();
    attempt<void> open_website();
    attempt<std::unique_ptr<side_listener>> open_side(
        http::handler& requests, net::options where, net::tls_server* tls
    );
    void add_readings();
    void add_connection_readings();
    void drain();

    [[nodiscard]] bool draining() const noexcept override;
    [[nodiscard]] bool writable() const noexcept override;
    [[nodiscard]] bool is_signed(const http::request_head& head) const override;
    runtime::awaitable<result<storage::lifecycle_forecast_page>> forecast(
        storage::lifecycle_forecast_request request
    ) const override;

    [[nodiscard]] const clock& time() const noexcept override { return system_clock(); }

    const config::settings settings_;
    const http::server_identity self_{"LabStore", http::make_host_id()};
    storage_folder folder_;
    std::atomic<bool> draining_{false};
    bool stopped_ = false;
    runtime::blocking_pool pool_;
    runtime::io_threads threads_;
    std::unique_ptr<meta::store> index_;
    std::unique_ptr<blob::store> blobs_;
    std::unique_ptr<storage::object_store> objects_;
    std::unique_ptr<root_credential> root_;
    std::unique_ptr<auth::verifier> verifier_;
    metrics::registry numbers_;
    request_log requests_{numbers_};
    std::unique_ptr<s3::service> s3_;
    admin::endpoints endpoints_{*this, numbers_};
    std::unique_ptr<dispatcher> dispatcher_;
    const std::unique_ptr<net::tls_server> tls_;
    std::unique_ptr<http::service> web_;
    std::unique_ptr<net::listener> listener_;
    runtime::task_group captures_;  // CPU profiles being taken
    std::unique_ptr<http::handler> pprof_handler_;
    std::unique_ptr<side_listener> pprof_;
    std::unique_ptr<side_listener> website_;
    runtime::task_group maintenance_;
};

}  // namespace labstore::server
