#include "load/server_probe.hpp"

#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace labstore::load {
namespace {

constexpr std::chrono::milliseconds reading_time_max{500};
constexpr int failures_max = 2;

std::vector<std::string> words_of(const std::string& line) {
    std::istringstream in(line);
    std::vector<std::string> words;
    for (std::string word; in >> word;)
        words.push_back(word);
    return words;
}

/// Inodes of the sockets that listen on the port, from one of /proc/net/tcp and tcp6.
void add_listening_inodes(const char* table, std::uint16_t port, std::set<std::string>& inodes) {
    constexpr std::size_t local_word = 1;
    constexpr std::size_t state_word = 3;
    constexpr std::size_t inode_word = 9;
    std::ifstream in(table);
    for (std::string line; std::getline(in, line);) {
        const auto words = words_of(line);
        if (words.size() <= inode_word || words[state_word] != "0A")
            continue;
        const auto& local = words[local_word];
        const auto colon = local.find(':');
        if (colon == std::string::npos)
            continue;
        unsigned found = 0;
        std::from_chars(local.data() + colon + 1, local.data() + local.size(), found, 16);
        if (found == port)
            inodes.insert("socket:[" + words[inode_word] + "]");
    }
}

bool holds_one_of(const std::filesystem::path& descriptors, const std::set<std::string>& inodes) {
    std::error_code ignored;
    for (const auto& each : std::filesystem::directory_iterator(descriptors, ignored)) {
        const auto link = std::filesystem::read_symlink(each.path(), ignored);
        if (inodes.contains(link.string()))
            return true;
    }
    return false;
}

bool is_loopback(const std::vector<asio::ip::tcp::endpoint>& endpoints) {
    return !endpoints.empty() && endpoints.front().address().is_loopback();
}

}  // namespace

std::optional<double> metric_value(std::string_view page, std::string_view name) {
    while (!page.empty()) {
        const auto end = std::min(page.find('\n'), page.size());
        const auto line = page.substr(0, end);
        page.remove_prefix(std::min(end + 1, page.size()));
        if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ' ')
            continue;
        const auto rest = trim(line.substr(name.size()));
        const auto value = parse_number(rest.substr(0, rest.find(' ')));
        return value ? std::optional(*value) : std::nullopt;
    }
    return std::nullopt;
}

std::optional<int> listening_process(std::uint16_t port) {
    std::set<std::string> inodes;
    add_listening_inodes("/proc/net/tcp", port, inodes);
    add_listening_inodes("/proc/net/tcp6", port, inodes);
    if (inodes.empty())
        return std::nullopt;
    std::error_code ignored;
    for (const auto& each : std::filesystem::directory_iterator("/proc", ignored)) {
        const auto pid = parse_decimal(each.path().filename().string());
        if (pid && holds_one_of(each.path() / "fd", inodes))
            return static_cast<int>(*pid);
    }
    return std::nullopt;
}

std::optional<server_sample> process_usage(int pid) {
    constexpr std::size_t user_ticks_word = 11;  // counted from the state, the first word after the name
    constexpr std::size_t system_ticks_word = 12;
    constexpr std::size_t resident_pages_word = 21;
    std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    if (!std::getline(in, line))
        return std::nullopt;
    const auto name_end = line.rfind(')');
    const auto words =
        name_end == std::string::npos ? std::vector<std::string>() : words_of(line.substr(name_end + 1));
    if (words.size() <= resident_pages_word)
        return std::nullopt;
    const auto user = parse_decimal(words[user_ticks_word]);
    const auto system = parse_decimal(words[system_ticks_word]);
    const auto pages = parse_decimal(words[resident_pages_word]);
    if (!user || !system || !pages)
        return std::nullopt;
    server_sample out;
    out.at = steady::now();
    out.cpu_s = static_cast<double>(*user + *system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    out.memory_bytes = static_cast<double>(*pages) * static_cast<double>(::sysconf(_SC_PAGESIZE));
    return out;
}

server_probe::server_probe(
    const target& at,
    std::optional<int> pid,
    const std::vector<asio::ip::tcp::endpoint>& endpoints,
    const tls_client* tls
)
    : metrics_(at, "/-/metrics", endpoints, tls, reading_time_max), pid_(pid) {
    if (from_metrics()) {
        source_ = "/-/metrics";
        return;
    }
    if (!pid_ && is_loopback(endpoints))
        pid_ = listening_process(endpoints.front().port());
    if (pid_ && process_usage(*pid_))
        source_ = "/proc";
}

std::optional<server_sample> server_probe::take() {
    if (source_.empty())
        return std::nullopt;
    auto sample = pid_ && source_ == "/proc" ? from_process() : from_metrics();
    failures_ = sample ? 0 : failures_ + 1;
    if (failures_ == failures_max)
        source_ = {};
    return sample;
}

std::optional<server_sample> server_probe::from_process() const {
    return process_usage(*pid_);
}

std::optional<server_sample> server_probe::from_metrics() {
    const auto page = metrics_.read();
    const auto cpu = page ? metric_value(*page, "process_cpu_seconds_total") : std::nullopt;
    const auto memory = page ? metric_value(*page, "process_resident_memory_bytes") : std::nullopt;
    if (!cpu)
        return std::nullopt;
    server_sample out;
    out.at = steady::now();
    out.cpu_s = *cpu;
    out.memory_bytes = memory.value_or(0);
    return out;
}

}  // namespace labstore::load
