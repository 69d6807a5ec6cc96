#include "load_cli/live_view.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <iostream>

namespace labstore::load_cli {

std::string live_line(const load::second_figures& figures) {
    std::array<char, 256> line;
    std::snprintf(
        line.data(),
        line.size(),
        "%7.1f s %9.0f op/s %12s/s   avg %8.3f ms   p99 %8.3f ms   %.0f errors/s%s",
        figures.at_s,
        figures.operations_per_second,
        load::size_text(figures.bytes_per_second).c_str(),
        figures.average_ms,
        figures.p99_ms,
        figures.errors_per_second,
        figures.measured ? "" : "   (warming up)"
    );
    std::string out = line.data();
    if (figures.server_cores) {
        std::snprintf(
            line.data(),
            line.size(),
            "   server %.2f cores, %s",
            *figures.server_cores,
            load::size_text(figures.server_memory_bytes.value_or(0)).c_str()
        );
        out += line.data();
    }
    return out;
}

live_view::live_view(bool quiet) : quiet_(quiet), terminal_(::isatty(STDERR_FILENO) == 1) {}

void live_view::on_phase(std::string_view line) {
    if (quiet_)
        return;
    end();
    std::cerr << line << '\n' << std::flush;
}

void live_view::on_second(const load::second_figures& figures) {
    if (quiet_)
        return;
    if (terminal_) {
        std::cerr << "\r\x1b[K" << live_line(figures) << std::flush;
        in_line_ = true;
    } else {
        std::cerr << live_line(figures) << '\n' << std::flush;
    }
}

void live_view::end() {
    if (in_line_)
        std::cerr << '\n' << std::flush;
    in_line_ = false;
}

}  // namespace labstore::load_cli
