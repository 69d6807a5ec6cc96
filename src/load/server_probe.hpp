// What the server uses of its machine, seen from outside.
#pragma once

#include "load/page_reader.hpp"

#include "labstore/load.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::load {

struct server_sample {
    steady::time_point at;
    double cpu_s = 0;         // since the process began, all threads
    double memory_bytes = 0;  // resident
};

/// Reads process_cpu_seconds_total and process_resident_memory_bytes of the target's `/-/metrics`; where those are not
/// shown, /proc of the process with the given id, or of the one that listens on the port on this machine. Each reading waits
/// at most half a second; after two failures in a row it is given up. One thread.
class server_probe {
  public:
    /// `tls` is null for a plain target, and outlives this.
    server_probe(
        const target& at,
        std::optional<int> pid,
        const std::vector<asio::ip::tcp::endpoint>& endpoints,
        const tls_client* tls
    );

    [[nodiscard]] std::optional<server_sample> take();

    /// "/-/metrics", "/proc" or empty when there is nothing to read.
    [[nodiscard]] std::string_view source() const noexcept { return source_; }

  private:
    [[nodiscard]] std::optional<server_sample> from_metrics();
    [[nodiscard]] std::optional<server_sample> from_process() const;

    page_reader metrics_;
    std::optional<int> pid_;
    std::string_view source_;
    int failures_ = 0;
};

/// The value of an unlabelled sample in Prometheus's text form.
[[nodiscard]] std::optional<double> metric_value(std::string_view page, std::string_view name);
/// The process that listens on `port` of this machine, found through /proc; nullopt when it is hidden from us.
[[nodiscard]] std::optional<int> listening_process(std::uint16_t port);
/// CPU and memory of a process of this machine, from /proc/PID/stat.
[[nodiscard]] std::optional<server_sample> process_usage(int pid);

}  // namespace labstore::load
