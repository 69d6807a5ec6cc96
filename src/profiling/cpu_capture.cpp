#include "labstore/profiling.hpp"

#include "profiling/stack_table.hpp"
#include "profiling/stack_walk.hpp"

#include <signal.h>

#include <atomic>
#include <charconv>
#include <cstdlib>

// gperftools' timer and signal handler, exported by libprofiler and described in its profile-handler.h, which
// Debian does not install. The callback is called for every sample, one at a time in the process.
struct ProfileHandlerToken;
using profile_handler_callback = void (*)(int, siginfo_t*, void*, void*);
ProfileHandlerToken* ProfileHandlerRegisterCallback(profile_handler_callback callback, void* argument);
void ProfileHandlerUnregisterCallback(ProfileHandlerToken* token);

namespace labstore::profiling {
namespace {

constexpr std::size_t stacks_max = 32 * 1024;
constexpr std::int64_t frequency_standard = 100;
constexpr std::int64_t frequency_max = 4000;
constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;

/// One sampler per process; this says whether somebody has it.
std::atomic<bool> sampler_taken{false};

/// Samples per CPU second, as gperftools reads it from its own variable.
std::int64_t sampling_frequency() {
    const char* const text = std::getenv("CPUPROFILE_FREQUENCY");
    std::int64_t wanted = 0;
    if (text != nullptr)
        std::from_chars(text, text + std::char_traits<char>::length(text), wanted);
    return wanted > 0 ? std::min(wanted, frequency_max) : frequency_standard;
}

}  // namespace

struct cpu_capture::sampler {
    sampler() { handler = ::ProfileHandlerRegisterCallback(&on_sample, this); }

    sampler(const sampler&) = delete;
    sampler& operator=(const sampler&) = delete;

    ~sampler() {
        stop();
        sampler_taken = false;
    }

    void stop() {
        if (handler != nullptr)
            ::ProfileHandlerUnregisterCallback(handler);
        handler = nullptr;
    }

    static void on_sample(int /*signal*/, siginfo_t* /*info*/, void* context, void* self) {
        stack_room room;
        const auto stack = walk_interrupted_stack(room, context);
        static_cast<sampler*>(self)->stacks.add(stack, 1, 0, runtime::current_work());
    }

    stack_table stacks{stacks_max};
    const std::chrono::system_clock::time_point time = std::chrono::system_clock::now();
    const std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
    ProfileHandlerToken* handler = nullptr;
};

cpu_capture::cpu_capture(std::unique_ptr<sampler> running) noexcept : running_(std::move(running)) {}

cpu_capture::cpu_capture(cpu_capture&& other) noexcept = default;
cpu_capture::~cpu_capture() = default;

result<cpu_capture> cpu_capture::start() {
    if (sampler_taken.exchange(true))
        return make_error_code(errc::busy);
    return cpu_capture(std::make_unique<sampler>());
}

raw_profile cpu_capture::finish() {
    LABSTORE_ASSERT(running_);
    const auto done = std::move(running_);
    done->stop();
    const std::int64_t period = nanoseconds_per_second / sampling_frequency();
    raw_profile found;
    found.kind = "cpu";
    found.types = {{"samples", "count"}, {"cpu", "nanoseconds"}};
    found.period_type = {"cpu", "nanoseconds"};
    found.period = period;
    found.time = done->time;
    found.duration = std::chrono::steady_clock::now() - done->start;
    found.samples = done->stacks.read();
    found.lost = done->stacks.lost();
    for (raw_sample& sample : found.samples)
        sample.values[1] = sample.values[0] * period;
    return found;
}

}  // namespace labstore::profiling
