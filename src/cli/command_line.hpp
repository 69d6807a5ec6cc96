#pragma once

#include "labstore/config.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <utility>
#include <vector>

namespace labstore::cli {

/// The command line as CLI11 sees it. Values are only collected here; config judges them, in the same words
/// as those of a variable or a file.
class command_line {
  public:
    command_line();

    /// Nothing to do but return `exit_code`: help or the version was printed, or the fault was.
    struct ended {
        int exit_code;
    };

    /// Leaves the result in the members below.
    [[nodiscard]] boost::system::result<void, ended> parse(int argument_count, const char* const* arguments);

    /// "serve", "config", "check" or "version".
    [[nodiscard]] std::string command() const;

    [[nodiscard]] bool reference_wanted() const noexcept { return reference_wanted_; }

    /// What was given, together with the environment of the process.
    [[nodiscard]] config::inputs inputs() const;

  private:
    void add_option(CLI::App& to, const config::option_info& info);

    CLI::App app_;
    std::vector<std::pair<std::string, CLI::Option*>>
        options_;  // by option name; one may stand in two commands
    std::string file_;
    bool reference_wanted_ = false;
};

}  // namespace labstore::cli
