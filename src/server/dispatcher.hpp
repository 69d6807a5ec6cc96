#pragma once

#include "labstore/admin.hpp"
#include "labstore/http.hpp"

#include <string>
#include <utility>

namespace labstore::server {

/// The fork of the way: paths under "/-/" go to admin, everything else to S3, which also words the errors that
/// http meets itself. What it is given outlives it. Shared by all I/O threads.
class dispatcher final : public http::handler {
  public:
    dispatcher(http::handler& objects, const admin::endpoints& own) : objects_(objects), own_(own) {}

    runtime::awaitable<void> handle(http::exchange& request) override;

    std::pair<http::response_head, std::string> make_error(
        errc error, std::string_view target, std::string_view request_id
    ) override;

    void on_finished(const http::summary& done) override;

  private:
    http::handler& objects_;
    const admin::endpoints& own_;
};

}  // namespace labstore::server
