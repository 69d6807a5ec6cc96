// What a person sees while a run goes.
#pragma once

#include "labstore/load.hpp"

#include <string>

namespace labstore::load_cli {

/// On a terminal, one line that is written over and over; elsewhere a plain line a second. On standard error, so that
/// standard output holds the result alone. One thread.
class live_view final : public load::observer {
  public:
    explicit live_view(bool quiet);

    void on_phase(std::string_view line) override;
    void on_second(const load::second_figures& figures) override;
    /// Leaves the line that is being written over.
    void end();

  private:
    const bool quiet_;
    const bool terminal_;
    bool in_line_ = false;
};

/// "   12.0 s   10012 op/s   39.1 MiB/s   avg 0.412 ms   p99 1.930 ms   0 errors   server 1.24 cores, 210 MiB".
[[nodiscard]] std::string live_line(const load::second_figures& figures);

}  // namespace labstore::load_cli
