#include "labstore/observability/log.hpp"

#include "observability/log_queue.hpp"

#include <array>

namespace labstore::log {
namespace {

constexpr std::array<std::string_view, 6> level_names{"trace", "debug", "info", "warn", "error", "off"};

log_queue& process_queue() {
    // Never destroyed: a thread may still log while the process exits.
    static log_queue& queue = *new log_queue();
    return queue;
}

}  // namespace

std::string_view level_name(level value) noexcept {
    return level_names[static_cast<std::size_t>(value)];
}

std::optional<level> parse_level(std::string_view name) noexcept {
    for (std::size_t i = 0; i < level_names.size(); ++i)
        if (level_names[i] == name)
            return static_cast<level>(i);
    return std::nullopt;
}

result<void> init(options settings) {
    LABSTORE_ASSERT(!process_queue().running());
    auto sink = open_sink(settings);
    if (!sink)
        return sink.error();
    const auto threshold = settings.threshold;
    const bool access_wanted = settings.access_log;
    process_queue().start(std::move(settings), std::move(*sink));
    detail::access_wanted.store(access_wanted, std::memory_order_relaxed);
    set_level(threshold);
    return {};
}

void shutdown() {
    set_level(level::off);
    process_queue().stop();
}

void set_level(level threshold) noexcept {
    detail::threshold.store(static_cast<int>(threshold), std::memory_order_relaxed);
}

void write(level severity, std::string_view event, std::span<const field> fields) {
    if (enabled(severity))
        process_queue().push({severity, std::chrono::system_clock::now(), event_line(event, fields)});
}

void access(access_entry entry) {
    if (access_enabled())
        process_queue().push({level::info, std::chrono::system_clock::now(), std::move(entry)});
}

statistics current_statistics() noexcept {
    return process_queue().current();
}

}  // namespace labstore::log
