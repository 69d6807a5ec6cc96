#include "load/machine_probe.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace labstore::load {
namespace {

std::string whole_file(const char* path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// Of a network interface in bytes a second; 0 where the kernel does not know it.
double speed_of(const std::string& interface) {
    constexpr double bytes_per_megabit = 1e6 / 8;
    std::ifstream in("/sys/class/net/" + interface + "/speed");
    double megabits = 0;
    in >> megabits;
    return in && megabits > 0 ? megabits * bytes_per_megabit : 0;
}

}  // namespace

void read_cpu(std::string_view text, double ticks_per_s, machine_sample& into) {
    constexpr std::size_t idle = 3;
    constexpr std::size_t waiting_for_disk = 4;
    constexpr std::size_t counted = 8;  // what follows is counted in the first ones already
    std::istringstream in{std::string(text)};
    std::string name;
    in >> name;
    double ticks = 0;
    for (std::size_t i = 0; i < counted && in >> ticks; ++i) {
        into.cpu_all_s += ticks / ticks_per_s;
        if (i != idle && i != waiting_for_disk)
            into.cpu_busy_s += ticks / ticks_per_s;
    }
}

/// https://docs.kernel.org/admin-guide/iostats.html: field 10 is the time in which requests were under way.
void read_disks(std::string_view text, machine_sample& into) {
    std::istringstream in{std::string(text)};
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        std::string major;
        std::string minor;
        std::string name;
        words >> major >> minor >> name;
        double value = 0;
        double busy_ms = 0;
        for (int field = 1; field <= 10 && words >> value; ++field)
            busy_ms = field == 10 ? value : 0;
        const bool virtual_one =
            name.starts_with("loop") || name.starts_with("ram") || name.starts_with("zram");
        if (!name.empty() && !virtual_one)
            into.disk_busy_s[name] = busy_ms / 1000;
    }
}

void read_interfaces(std::string_view text, machine_sample& into) {
    std::istringstream in{std::string(text)};
    for (std::string line; std::getline(in, line);) {
        const auto colon = line.find(':');
        if (colon == std::string::npos)
            continue;
        const std::string name(trim(std::string_view(line).substr(0, colon)));
        std::istringstream words(line.substr(colon + 1));
        std::vector<double> values;
        for (double value = 0; words >> value;)
            values.push_back(value);
        constexpr std::size_t received = 0;
        constexpr std::size_t sent = 8;
        if (name != "lo" && values.size() > sent)
            into.interface_bytes[name] = std::max(values[received], values[sent]);
    }
}

machine_sample sample_machine() {
    machine_sample out;
    out.at = std::chrono::steady_clock::now();
    read_cpu(whole_file("/proc/stat"), static_cast<double>(::sysconf(_SC_CLK_TCK)), out);
    read_disks(whole_file("/proc/diskstats"), out);
    read_interfaces(whole_file("/proc/net/dev"), out);
    std::erase_if(out.disk_busy_s, [](const auto& disk) {
        std::error_code ignored;
        return !std::filesystem::exists(
            "/sys/block/" + disk.first, ignored
        );  // partitions are counted in their disk
    });
    return out;
}

std::vector<resource_use> machine_use(const machine_sample& from, const machine_sample& to) {
    std::vector<resource_use> all;
    const double seconds = std::chrono::duration<double>(to.at - from.at).count();
    const double cpu_s = to.cpu_all_s - from.cpu_all_s;
    if (cpu_s > 0)
        all.push_back({"CPU of this machine", (to.cpu_busy_s - from.cpu_busy_s) / cpu_s});
    if (seconds <= 0)
        return all;
    for (const auto& [name, busy_s] : to.disk_busy_s)
        if (const auto before = from.disk_busy_s.find(name); before != from.disk_busy_s.end())
            all.push_back({"disk " + name, std::min(1.0, (busy_s - before->second) / seconds)});
    for (const auto& [name, bytes] : to.interface_bytes) {
        const double speed = speed_of(name);
        const auto before = from.interface_bytes.find(name);
        if (speed > 0 && before != from.interface_bytes.end())
            all.push_back({"network " + name, (bytes - before->second) / seconds / speed});
    }
    return all;
}

}  // namespace labstore::load
