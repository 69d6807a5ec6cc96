// Job:          profiles of this process in pprof's form: CPU, memory, lock waits; what its threads do; names of
//               code addresses.
// In a request: beside them. Until `start_counting` and while no capture runs, nothing is sampled.
// May use:      base, observability, runtime; gperftools and zlib inside.
// Threads:      safe everywhere; the process has one CPU capture at a time.
// Failure:      busy while another capture runs, io_error when the sampler refuses, not_implemented where the
//               allocator cannot tell.
#pragma once

#include "labstore/base.hpp"
#include "labstore/profiling/profile.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::profiling {

/// Samples where all threads of the process spend CPU time (100 samples per CPU second) from `start` to
/// `finish`, with the operation and bucket the thread worked for. Dropping it ends the sampling and forgets the
/// samples. They are kept in memory, never on a disk. One thread at a time; `start` and `finish` may be called
/// on different threads.
class cpu_capture {
  public:
    /// busy while another capture runs.
    [[nodiscard]] static result<cpu_capture> start();

    cpu_capture(cpu_capture&& other) noexcept;
    cpu_capture& operator=(cpu_capture&& other) = delete;
    ~cpu_capture();

    /// Ends the sampling. The capture is spent.
    [[nodiscard]] raw_profile finish();

  private:
    struct sampler;

    explicit cpu_capture(std::unique_ptr<sampler> running) noexcept;

    std::unique_ptr<sampler> running_;
};

/// What is counted for as long as the process runs, from `start_counting` on.
enum class counter {
    heap,        // live objects, by the stack that allocated them; an estimate from one sample per 512 KiB
    allocs,      // all allocations while an `allocation_watch` exists; one sample per 512 KiB
    growth,      // where the heap took memory from the system
    contention,  // waits for our own mutexes
};

/// "heap" to counter::heap; nullopt for other words.
[[nodiscard]] std::optional<counter> counter_named(std::string_view name) noexcept;

/// Begins to sample what is alive, and lock waits; the process does so to its end. Costs the look at a stack (some
/// ten microseconds) for each 512 KiB allocated and each wait for a contended mutex. Again: does nothing.
void start_counting();

/// While one exists, allocations are sampled for `counter::allocs`. Every allocation of the process then leaves
/// its allocator's fast path, so it costs a tenth of the server's CPU: not for all the time. Several may exist.
class allocation_watch {
  public:
    allocation_watch();
    ~allocation_watch();
    allocation_watch(const allocation_watch&) = delete;
    allocation_watch& operator=(const allocation_watch&) = delete;
};

/// What was counted so far. not_implemented when the program runs with an allocator that keeps no samples
/// (sanitizers bring their own).
[[nodiscard]] result<raw_profile> read_counter(counter which);

/// What a thread of this process does now.
struct thread_state {
    int id = 0;
    std::string name;
    char state = '?';  // R runs, S sleeps, D waits for a device
    std::chrono::milliseconds user_time{0};
    std::chrono::milliseconds system_time{0};
    std::string operation;           // that it works for; empty for none
    std::vector<std::string> stack;  // readable names, leaf first; empty when it did not answer in 50 ms
};

/// All threads, in the order of their ids. Interrupts each with SIGURG for a moment. Blocks for the names.
[[nodiscard]] std::vector<thread_state> look_at_threads();

/// The name of the function around each code address of this process, demangled in full, in order; empty when
/// none is known. Anonymous namespaces are left out, and what the compiler made of a coroutine says so. Reads
/// the symbol table of the program's own file, file-local functions included, and the exported symbols of
/// shared libraries. Blocks on that file; takes tens of milliseconds for a large binary.
[[nodiscard]] std::vector<std::string> function_names(std::span<const std::uint64_t> addresses);

}  // namespace labstore::profiling
