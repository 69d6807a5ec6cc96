// Where finished lines go. spdlog stays behind this seam; tests put their own sink here.
#pragma once

#include "labstore/observability/log.hpp"

#include <memory>

namespace labstore::log {

/// Called by the logging thread only.
class line_sink {
  public:
    virtual ~line_sink() = default;

    /// False when the line could not be written.
    virtual bool write(level severity, std::chrono::system_clock::time_point time, std::string_view line) = 0;
    virtual void flush() = 0;
};

/// Standard error with colours, or a file, through spdlog. io_error when the file cannot be opened.
[[nodiscard]] result<std::unique_ptr<line_sink>> open_sink(const options& settings);

}  // namespace labstore::log
