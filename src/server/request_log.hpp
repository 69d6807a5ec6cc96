#pragma once

#include "labstore/http.hpp"
#include "labstore/observability.hpp"
#include "labstore/s3.hpp"

#include "server/outcome_table.hpp"

namespace labstore::server {

/// Turns every finished request into an access line and numbers. Shared by all I/O threads, without a lock between
/// them. The cost of a request: a look into a table, some seven additions to lines of the thread's own, and the copies
/// for the line when the access log is on.
class request_log final : public s3::observer {
  public:
    explicit request_log(metrics::registry& numbers);

    void on_finished(const http::summary& done) override;

  private:
    outcome_table outcomes_;
};

/// The head of a request at level debug, secrets masked. Costs one comparison when that level is off.
void log_head(const http::request_head& head, std::string_view request_id);

}  // namespace labstore::server
