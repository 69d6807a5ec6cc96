// How busy this machine was between two moments.
#pragma once

#include "labstore/load/capacity.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::load {

/// Counters of /proc at one moment. Reading takes some ten microseconds and never waits.
struct machine_sample {
    std::chrono::steady_clock::time_point at;
    double cpu_busy_s = 0;  // all cores
    double cpu_all_s = 0;
    std::map<std::string, double> disk_busy_s;      // by device, whole disks only
    std::map<std::string, double> interface_bytes;  // by interface, the busier direction; without loopback
};

[[nodiscard]] machine_sample sample_machine();

/// "CPU of this machine", "disk NAME" and "network NAME" (where its speed is known) as shares of what there is.
[[nodiscard]] std::vector<resource_use> machine_use(const machine_sample& from, const machine_sample& to);

/// The pieces of sample_machine that read text, for tests: /proc/stat, /proc/diskstats, /proc/net/dev.
void read_cpu(std::string_view text, double ticks_per_s, machine_sample& into);
void read_disks(std::string_view text, machine_sample& into);
void read_interfaces(std::string_view text, machine_sample& into);

}  // namespace labstore::load
