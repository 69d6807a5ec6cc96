#pragma once

#include "labstore/admin.hpp"
#include "labstore/http.hpp"

#include <string>
#include <utility>
#include <vector>

namespace labstore::server {

/// The fork of the way: paths under "/-/" go to admin, unless the Host names a bucket, whose keys may begin so. Everything
/// else goes to S3, which also words the errors that http meets itself. What it is given by reference outlives it. Shared by all I/O threads.
class dispatcher final : public http::handler {
  public:
    /// `domains` are those of virtual-host style.
    dispatcher(http::handler& objects, const admin::endpoints& own, std::vector<std::string> domains)
        : objects_(objects), own_(own), domains_(std::move(domains)) {}

    runtime::awaitable<void> handle(http::exchange& request) override;

    http::error_answer make_error(errc error, std::string_view target, std::string_view request_id) override;

    void on_finished(const http::summary& done) override;

  private:
    http::handler& objects_;
    const admin::endpoints& own_;
    const std::vector<std::string> domains_;
};

}  // namespace labstore::server
