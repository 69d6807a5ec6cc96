// Arguments to settings, and the exit code of the process; everything else is elsewhere.
#include "cli/command_line.hpp"
#include "labstore/config.hpp"
#include "labstore/server.hpp"

#include <iostream>

namespace labstore::cli {
namespace {

void say(const std::string& line) {
    std::cout << line << '\n' << std::flush;
}

void complain(const std::string& line) {
    std::cerr << "labstore-server: " << line << '\n';
}

int run(const command_line& line) {
    const std::string command = line.command();
    if (command == "version") {
        say("labstore-server " + std::string(server::version()));
        return server::exit_fine;
    }
    if (line.reference_wanted()) {
        std::cout << config::reference();
        return server::exit_fine;
    }
    const auto settings = config::load(line.inputs());
    if (!settings) {
        complain(settings.error().text());
        return server::exit_usage;
    }
    if (command == "config") {
        std::cout << config::effective_yaml(*settings);
        return server::exit_fine;
    }
    if (command == "check")
        return server::check(settings->values.storage_path, &say, &complain);
    return server::serve(settings->values, &say, &complain);
}

}  // namespace
}  // namespace labstore::cli

int main(int argument_count, char** arguments) {
    labstore::cli::command_line line;
    if (auto parsed = line.parse(argument_count, arguments); !parsed)
        return parsed.error().exit_code;
    return labstore::cli::run(line);
}
