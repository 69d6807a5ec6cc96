// Arguments to a run, its result to the terminal and files, and the exit code; everything else is in load.
#include "load_cli/command_line.hpp"
#include "load_cli/live_view.hpp"

#include <cmath>
#include <csignal>
#include <fstream>
#include <iostream>

namespace labstore::load_cli {
namespace {

/// Raised by the first SIGINT or SIGTERM; a second one ends the process as usual.
std::atomic<bool> stop_wanted{false};

static_assert(std::atomic<bool>::is_always_lock_free);

void on_signal(int) {
    stop_wanted.store(true);
}

void watch_signals() {
    struct sigaction action {};

    action.sa_handler = &on_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

void complain(const std::string& line) {
    std::cerr << "labstore-load: " << line << '\n';
}

bool write_file(const std::string& path, const std::string& text) {
    if (path.empty())
        return true;
    std::ofstream out(path, std::ios::binary);
    out << text << std::flush;
    if (!out)
        complain("cannot write " + path);
    return static_cast<bool>(out);
}

int print_verdicts(const load::report& found, const std::vector<load::expectation>& expected) {
    int code = exit_fine;
    for (const auto& each : load::judge(found, expected)) {
        std::cout << each.text << '\n';
        if (!each.met)
            code = exit_not_met;
    }
    return code;
}

int measure(const request& asked, load::generator& with, live_view& view) {
    const auto found = with.measure(asked.timing);
    view.end();
    std::cout << load::to_text(found);
    const int code = print_verdicts(found, asked.expected);
    const bool written = write_file(asked.json_file, load::to_json(found)) &&
                         write_file(asked.csv_file, load::to_csv(found)) &&
                         write_file(asked.html_file, load::to_html(found));
    return written ? code : exit_failed;
}

/// Not met are a desired rate beyond the plan and a prediction whose rate is off by more than is aimed at.
int find_capacity(const request& asked, load::generator& with, live_view& view) {
    const auto found = load::find_capacity(with, asked.wanted, asked.capacity, view, stop_wanted);
    view.end();
    if (!found) {
        complain(found.error().text);
        return exit_failed;
    }
    std::cout << load::to_text(*found);
    const bool written = write_file(asked.json_file, load::to_json(*found)) &&
                         write_file(asked.html_file, load::to_html(*found));
    if (!written)
        return exit_failed;
    bool met = asked.capacity.desired_rate <= found->plan.planned || found->interrupted;
    for (const auto& each : found->checks)
        met = met && std::abs(each.rate_error) <= load::rate_error_aimed_at;
    return met ? exit_fine : exit_not_met;
}

int run(const request& asked, bool capacity) {
    live_view view(asked.quiet);
    const auto generator = load::make_generator(asked.wanted, view, stop_wanted);
    const auto prepared = generator->prepare();
    int code = exit_failed;
    if (!prepared)
        complain(prepared.error().text);
    else if (!stop_wanted.load())
        code = capacity ? find_capacity(asked, *generator, view) : measure(asked, *generator, view);
    const auto cleaned = generator->clean_up();
    if (!cleaned)
        complain(cleaned.error().text);
    return code;
}

int main_with(int argument_count, char** arguments) {
    command_line line;
    if (auto parsed = line.parse(argument_count, arguments); !parsed)
        return parsed.error().exit_code;
    const auto asked = line.read();
    if (!asked) {
        complain(asked.error().text);
        return exit_usage;
    }
    watch_signals();
    return run(*asked, line.command() == "capacity");
}

}  // namespace
}  // namespace labstore::load_cli

int main(int argument_count, char** arguments) {
    return labstore::load_cli::main_with(argument_count, arguments);
}
