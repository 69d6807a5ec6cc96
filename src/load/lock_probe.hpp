// How long the server's threads waited for locks, as its profiling listener tells.
#pragma once

#include "load/page_reader.hpp"

#include "labstore/load.hpp"

#include <memory>
#include <optional>
#include <string_view>

namespace labstore::load {

/// Reads /debug/pprof/contention of a LabStore that runs with --pprof, or of any server that shows gperftools' text of lock
/// waits there. One thread.
class lock_probe {
  public:
    struct sample {
        steady::time_point at;
        double waited_s = 0;  // since the server began, all threads and locks together
    };

    /// `url` is the listener's, "http://127.0.0.1:6060". A fault when nothing of the kind answers there.
    [[nodiscard]] static outcome<lock_probe> make(std::string_view url);

    [[nodiscard]] std::optional<sample> take();

  private:
    explicit lock_probe(std::unique_ptr<page_reader> reader) noexcept;

    std::unique_ptr<page_reader> reader_;
};

/// The share of the time between two samples in which a thread waited for a lock, at most 1: then one waits at every moment.
[[nodiscard]] double lock_use(const lock_probe::sample& from, const lock_probe::sample& to);

/// The seconds waited of a page in gperftools' form: "cycles/second = N", then "CYCLES COUNT @ ADDRESSES" for each stack.
/// nullopt when it is another page.
[[nodiscard]] std::optional<double> waited_seconds(std::string_view page);

}  // namespace labstore::load
