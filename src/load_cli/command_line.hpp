#pragma once

#include "labstore/load.hpp"
#include "labstore/load/capacity.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace labstore::load_cli {

inline constexpr int exit_fine = 0;
inline constexpr int exit_not_met = 1;  // an expectation was not met
inline constexpr int exit_usage = 2;
inline constexpr int exit_failed =
    3;  // there is no result: no connection, no bucket, a file that cannot be written

/// Everything a command line says, read and checked.
struct request {
    load::options wanted;
    load::pace timing;
    std::vector<load::expectation> expected;
    load::capacity_question capacity;  // with the command `capacity`
    std::string json_file;
    std::string csv_file;
    std::string html_file;
    bool quiet = false;
};

/// The command line as CLI11 sees it. Words are only collected by `parse`; `read` judges them.
class command_line {
  public:
    command_line();

    /// Nothing to do but return `exit_code`: help or the version was printed, or the fault was.
    struct ended {
        int exit_code;
    };

    [[nodiscard]] boost::system::result<void, ended> parse(int argument_count, const char* const* arguments);

    /// The name of a scenario, or "capacity".
    [[nodiscard]] std::string command() const;
    [[nodiscard]] load::outcome<request> read() const;

  private:
    /// As they were written; empty is not given.
    struct words {
        std::string endpoint = "http://127.0.0.1:6789";
        std::string ca_file;
        bool insecure = false;
        std::string access_key;
        std::string secret_key;
        std::string region = "us-east-1";
        std::string bucket = "labstore-load";
        std::string prefix = "load/";
        std::string mix;
        std::string sizes;
        std::string objects;
        std::string concurrency;
        std::string threads = "1";
        std::string rate = "0";
        std::string arrivals = "even";
        std::string ramp = "0s";
        std::string warm_up;
        std::string duration;
        std::string count = "0";
        std::string timeout = "30s";
        std::string signing = "header";
        std::string payload = "signed";
        std::string list_keys = "100";
        std::string part_size = "5MiB";
        std::string parts = "3";
        std::string seed = "1";
        std::string server_pid;
        std::string expect;
        std::string scenario = "get";
        std::string sla = "p99<10ms";
        std::string target_utilization = "0.7";
        std::string desired_rate = "0";
        std::string growth = "0%/month";
        std::string step = "3s";
        std::string validation = "10s";
        bool verify = false;
        bool keep = false;
    };

    void add_target_options(CLI::App& to);
    void add_load_options(CLI::App& to);
    void add_pace_options(CLI::App& to);
    void add_capacity_options(CLI::App& to);
    void add_result_options(CLI::App& to);
    [[nodiscard]] load::outcome<void> read_target(load::target& at) const;
    [[nodiscard]] load::outcome<void> read_load(load::options& wanted) const;
    [[nodiscard]] load::outcome<void> read_pace(load::pace& timing) const;
    [[nodiscard]] load::outcome<void> read_capacity(load::capacity_question& asked) const;

    CLI::App app_;
    words words_;
    request given_;  // of which only the files and flags are filled by CLI11
};

}  // namespace labstore::load_cli
