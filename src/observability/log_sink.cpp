#include "observability/log_sink.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>

namespace labstore::log {
namespace {

spdlog::level::level_enum to_spdlog(level severity) {
    switch (severity) {
        case level::trace:
            return spdlog::level::trace;
        case level::debug:
            return spdlog::level::debug;
        case level::info:
            return spdlog::level::info;
        case level::warn:
            return spdlog::level::warn;
        case level::error:
            return spdlog::level::err;
        case level::off:
            break;
    }
    return spdlog::level::off;
}

spdlog::color_mode to_spdlog(colour colours) {
    switch (colours) {
        case colour::never:
            return spdlog::color_mode::never;
        case colour::always:
            return spdlog::color_mode::always;
        case colour::automatic:
            break;
    }
    return spdlog::color_mode::automatic;
}

class spdlog_sink final : public line_sink {
  public:
    spdlog_sink(spdlog::sink_ptr target, format lines) : logger_("labstore", std::move(target)) {
        logger_.set_level(spdlog::level::trace);
        logger_.set_error_handler([this](const std::string&) { failed_ = true; });
        const std::string pattern = lines == format::json ? "%v" : "%Y-%m-%dT%H:%M:%S.%eZ %^%-7l%$ %v";
        logger_.set_formatter(
            std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc)
        );
    }

    bool write(level severity, std::chrono::system_clock::time_point time, std::string_view line) override {
        failed_ = false;
        logger_.log(
            time, spdlog::source_loc{}, to_spdlog(severity), spdlog::string_view_t(line.data(), line.size())
        );
        return !failed_;
    }

    void flush() override { logger_.flush(); }

  private:
    spdlog::logger logger_;
    bool failed_ = false;
};

}  // namespace

result<std::unique_ptr<line_sink>> open_sink(const options& settings) {
    spdlog::sink_ptr target;
    // spdlog reports a file that cannot be opened by an exception; it ends here.
    try {
        if (settings.file.empty())
            target = std::make_shared<spdlog::sinks::stderr_color_sink_st>(to_spdlog(settings.colours));
        else
            target = std::make_shared<spdlog::sinks::basic_file_sink_st>(settings.file);
    } catch (const spdlog::spdlog_ex&) {
        return errc::io_error;
    }
    return std::make_unique<spdlog_sink>(std::move(target), settings.lines);
}

}  // namespace labstore::log
