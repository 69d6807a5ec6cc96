#include "server/process_readings.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace labstore::server {
namespace {

double cpu_seconds() {
    rusage used{};
    if (::getrusage(RUSAGE_SELF, &used) != 0)
        return 0;
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// The first two fields of /proc/self/statm (proc(5)): the size of the address space and what of it is resident, in pages.
struct memory_pages {
    double virtual_size = 0;
    double resident = 0;
};

memory_pages read_memory() {
    memory_pages pages;
    std::ifstream file("/proc/self/statm");
    file >> pages.virtual_size >> pages.resident;
    return file ? pages : memory_pages{};
}

double page_size() {
    return static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_files() {
    std::error_code ignored;
    const std::filesystem::directory_iterator all("/proc/self/fd", ignored);
    // The listing itself has one open.
    return ignored ? 0 : static_cast<double>(std::distance(begin(all), end(all)) - 1);
}

/// The limit of open files; 0 when the system does not say.
double open_files_max() {
    rlimit limits{};
    return ::getrlimit(RLIMIT_NOFILE, &limits) == 0 ? static_cast<double>(limits.rlim_cur) : 0;
}

/// /proc/self/status (proc(5)) has a line for it.
double thread_count() {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("Threads:"))
            return std::strtod(line.c_str() + line.find(':') + 1, nullptr);
    return 0;
}

}  // namespace

void add_process_readings(metrics::registry& numbers) {
    using kind = metrics::registry::kind;
    const auto started =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    numbers.add_reading(
        kind::counter, "process_cpu_seconds_total", "User and system CPU time of the process.", &cpu_seconds
    );
    numbers.add_reading(kind::gauge, "process_resident_memory_bytes", "Memory in use.", [] {
        return read_memory().resident * page_size();
    });
    numbers.add_reading(kind::gauge, "process_virtual_memory_bytes", "Size of the address space.", [] {
        return read_memory().virtual_size * page_size();
    });
    numbers.add_reading(kind::gauge, "process_open_fds", "Open file descriptors.", &open_files);
    numbers.add_reading(kind::gauge, "process_max_fds", "Limit of open file descriptors.", &open_files_max);
    numbers.add_reading(kind::gauge, "process_threads", "Threads of the process.", &thread_count);
    const auto begun = std::chrono::steady_clock::now();
    numbers.add_reading(kind::gauge, "labstore_uptime_seconds", "Time since the start.", [begun] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    });
    numbers.add_reading(
        kind::gauge,
        "process_start_time_seconds",
        "Start, in seconds since 1970.",
        [started] { return started; }
    );
}

}  // namespace labstore::server
