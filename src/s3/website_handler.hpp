#pragma once

#include "labstore/s3.hpp"
#include "s3/call.hpp"
#include "s3/website.hpp"

namespace labstore::s3 {

/// Serves buckets that are configured as websites to anyone, by the name in the Host header: GET and HEAD of pages,
/// redirects, pages for errors. What it is given outlives it. Shared by all I/O threads.
class website_handler final : public http::handler {
  public:
    website_handler(
        const options& settings,
        storage::object_store& objects,
        runtime::limit& documents,
        md5_station& hashes,
        const clock& time,
        observer& watcher
    )
        : settings_(settings),
          objects_(objects),
          documents_(documents),
          hashes_(hashes),
          time_(time),
          watcher_(watcher) {}

    awaitable<void> handle(http::exchange& request) override;

    http::error_answer make_error(errc error, std::string_view target, std::string_view request_id) override;

    void on_finished(const http::summary& done) override { watcher_.on_finished(done); }

  private:
    awaitable<result<void>> serve(call& request);
    awaitable<result<void>> respond_error(call& request, error_code failure);

    const options& settings_;
    storage::object_store& objects_;
    runtime::limit& documents_;
    md5_station& hashes_;
    const clock& time_;
    observer& watcher_;
};

}  // namespace labstore::s3
