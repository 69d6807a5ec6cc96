#pragma once

#include "labstore/http.hpp"
#include "labstore/observability.hpp"
#include "labstore/s3.hpp"

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace labstore::server {

/// Turns every finished request into an access line and numbers. Shared by all I/O threads. The cost of a
/// request: one shared lock, three additions, and the copies for the line when the access log is on.
class request_log final : public s3::observer {
  public:
    explicit request_log(metrics::registry& numbers);

    void on_finished(const http::summary& done) override;

  private:
    /// Status 0 (cut before a response) counts in the first place, 1xx to 5xx in the others.
    struct series {
        std::array<metrics::counter*, 6> by_status{};
        metrics::histogram* duration = nullptr;
    };

    series& series_of(std::string_view operation);

    metrics::registry& numbers_;
    metrics::counter& bytes_in_;
    metrics::counter& bytes_out_;
    labstore::shared_mutex mutex_;
    std::unordered_map<std::string_view, std::unique_ptr<series>> by_operation_;  // keys are literals
};

/// The head of a request at level debug, secrets masked. Costs one comparison when that level is off.
void log_head(const http::request_head& head, std::string_view request_id);

}  // namespace labstore::server
