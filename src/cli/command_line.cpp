#include "cli/command_line.hpp"

#include "labstore/server.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>

namespace labstore::cli {
namespace {

constexpr std::string_view description =
    "LabStore, an S3-compatible object store server.\n"
    "Every option can also be given as LABSTORE_SERVER_<OPTION> or in labstore.yml, in this order of "
    "strength.";
/// Options that stand before the command, since the profiler is about the process and not about what it serves.
constexpr std::string_view process_options_prefix = "pprof";
constexpr int list_values_max = 1000;

std::string help_of(const config::option_info& info) {
    const std::string standard = info.standard.empty() ? "" : "; default " + info.standard;
    return info.help + " (" + info.type + standard + ")";
}

std::vector<std::pair<std::string, std::string>> environment_of_process() {
    std::vector<std::pair<std::string, std::string>> variables;
    for (char** one = environ; *one != nullptr; ++one) {
        const std::string_view text = *one;
        const std::size_t equals = text.find('=');
        if (equals != std::string_view::npos)
            variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    return variables;
}

}  // namespace

command_line::command_line() : app_(std::string(description), "labstore-server") {
    app_.set_version_flag("--version", std::string(server::version()));
    app_.require_subcommand(1);
    app_.add_option("--config", file_, "Settings file (default ./labstore.yml when it is there)");
    CLI::App* const serve = app_.add_subcommand("serve", "Serve until SIGTERM or SIGINT");
    CLI::App* const show = app_.add_subcommand("config", "Print the effective settings, secrets masked");
    CLI::App* const check =
        app_.add_subcommand("check", "Read and cross-check every byte of a stopped store");
    app_.add_subcommand("version", "Print the version");
    show->add_flag("--reference", reference_wanted_, "Print all options as Markdown tables instead");
    for (CLI::App* const one : {serve, show, check})
        one->fallthrough();
    for (const config::option_info& info : config::options()) {
        if (info.secret)
            continue;
        if (info.name.starts_with(process_options_prefix)) {
            add_option(app_, info);
            continue;
        }
        add_option(*serve, info);
        add_option(*show, info);
        if (info.name == "storage-path")
            add_option(*check, info);
    }
}

void command_line::add_option(CLI::App& to, const config::option_info& info) {
    CLI::Option* const added = info.boolean ? to.add_flag("--" + info.name) : to.add_option("--" + info.name);
    // A switch alone means on; its value may stand behind it as a word of its own, as that of every other option.
    if (info.boolean)
        added->type_size(1)->expected(0, 1);
    added->description(help_of(info));
    added->group(info.group);
    if (info.list)
        added->expected(1, list_values_max)->allow_extra_args(false);
    options_.emplace_back(info.name, added);
}

boost::system::result<void, command_line::ended> command_line::parse(
    int argument_count, const char* const* arguments
) {
    // CLI11 speaks in exceptions; this is the border where they become exit codes.
    try {
        app_.parse(argument_count, arguments);
        return {};
    } catch (const CLI::Success& wanted) {
        return ended{app_.exit(wanted)};
    } catch (const CLI::ParseError& wrong) {
        std::cerr << "labstore-server: " << wrong.what()
                  << "\nRun labstore-server --help for what there is.\n";
        return ended{server::exit_usage};
    }
}

std::string command_line::command() const {
    const auto chosen = app_.get_subcommands();
    return chosen.empty() ? std::string() : chosen.front()->get_name();
}

config::inputs command_line::inputs() const {
    config::inputs given;
    given.file = file_;
    given.environment = environment_of_process();
    for (const auto& [name, option] : options_)
        for (const std::string& value : option->results())
            given.flags.push_back({name, value, "--" + name});
    return given;
}

}  // namespace labstore::cli
