// Job:          CPU profiles of this process in pprof's form, and names for code addresses.
// In a request: beside them; sampling costs nothing while no capture runs.
// May use:      base, observability, runtime; gperftools inside.
// Threads:      safe everywhere; the process has one capture at a time.
// Failure:      busy while another capture runs, io_error when the sampler or its memory file refuse.
#pragma once

#include "labstore/base.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace labstore::profiling {

/// Samples where all threads of the process spend CPU time (100 samples per CPU second) from `start` to
/// `finish`. Dropping it ends the sampling and forgets the samples. The samples are kept in memory, never on
/// a disk. One thread at a time; `start` and `finish` may be called on different threads.
class cpu_capture {
  public:
    /// busy while another capture runs.
    [[nodiscard]] static result<cpu_capture> start();

    cpu_capture(cpu_capture&& other) noexcept = default;
    cpu_capture& operator=(cpu_capture&& other) = delete;
    ~cpu_capture();

    /// The profile as pprof's own message, uncompressed, with the names of functions inside: `go tool pprof`
    /// reads it on any machine. The capture is spent. Blocks on the program's own file, for the names.
    [[nodiscard]] result<std::string> finish();

  private:
    explicit cpu_capture(unique_fd file) noexcept : file_(std::move(file)) {}

    unique_fd file_;  // a memory file; open exactly while this object owns the sampler
};

/// The name of the function around each code address of this process, demangled, in order; empty when none is
/// known. Anonymous namespaces are left out, and what the compiler made of a coroutine says so. Reads the symbol table of the program's own file, file-local functions included, and the exported
/// symbols of shared libraries. Blocks on that file; takes tens of milliseconds for a large binary.
[[nodiscard]] std::vector<std::string> function_names(std::span<const std::uint64_t> addresses);

}  // namespace labstore::profiling
