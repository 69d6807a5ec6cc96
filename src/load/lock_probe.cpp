#include "load/lock_probe.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <utility>

namespace labstore::load {
namespace {

constexpr std::string_view page_path = "/debug/pprof/contention?format=legacy";
/// The server looks up the names of its functions first.
constexpr std::chrono::milliseconds reading_time_max{3000};

std::string_view next_line(std::string_view& text) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

}  // namespace

std::optional<double> waited_seconds(std::string_view page) {
    constexpr std::string_view begins = "--- contention";
    constexpr std::string_view speed_name = "cycles/second = ";
    if (!page.starts_with(begins))
        return std::nullopt;
    double cycles_per_s = 0;
    double cycles = 0;
    while (!page.empty()) {
        const auto line = next_line(page);
        if (line.starts_with("MAPPED_LIBRARIES"))
            break;
        if (line.starts_with(speed_name)) {
            const auto speed = parse_number(trim(line.substr(speed_name.size())));
            cycles_per_s = speed ? *speed : 0;
        } else if (line.find('@') != std::string_view::npos) {
            const auto waited = parse_number(line.substr(0, line.find(' ')));
            cycles += waited ? *waited : 0;
        }
    }
    return cycles_per_s > 0 ? std::optional(cycles / cycles_per_s) : std::nullopt;
}

double lock_use(const lock_probe::sample& from, const lock_probe::sample& to) {
    const double seconds = std::chrono::duration<double>(to.at - from.at).count();
    return seconds > 0 ? std::clamp((to.waited_s - from.waited_s) / seconds, 0.0, 1.0) : 0;
}

lock_probe::lock_probe(std::unique_ptr<page_reader> reader) noexcept : reader_(std::move(reader)) {}

outcome<lock_probe> lock_probe::make(std::string_view url) {
    using tcp = asio::ip::tcp;
    target at;
    const auto read = parse_endpoint(url, at);
    if (!read)
        return read.error();
    if (at.tls)
        return fault{"the profiling listener has no TLS: http://HOST:PORT"};
    asio::io_context context;
    tcp::resolver resolver(context);
    error_code failure;
    std::vector<tcp::endpoint> endpoints;
    const auto resolved = resolver.resolve(at.host, at.port, failure);
    for (const auto& each : resolved)
        endpoints.push_back(each.endpoint());
    lock_probe made(
        std::make_unique<page_reader>(at, page_path, std::move(endpoints), nullptr, reading_time_max)
    );
    if (failure || !made.take())
        return fault{std::string(url) + " shows no lock waits: start the server with --pprof"};
    return made;
}

std::optional<lock_probe::sample> lock_probe::take() {
    const auto page = reader_->read();
    const auto waited = page ? waited_seconds(*page) : std::nullopt;
    return waited ? std::optional(sample{steady::now(), *waited}) : std::nullopt;
}

}  // namespace labstore::load
