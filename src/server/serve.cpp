#include "labstore/observability.hpp"
#include "labstore/server.hpp"
#include "server/instance.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace labstore::server {
namespace {

/// Files of the store, listeners and logs beside the connections.
constexpr std::uint64_t other_descriptors = 512;

sigset_t stop_signals() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int one : {SIGTERM, SIGINT, SIGHUP})
        ::sigaddset(&set, one);
    return set;
}

/// In every thread: the mask is inherited, and the main thread takes the signals when it is ready for them.
void block_signals() {
    const sigset_t set = stop_signals();
    LABSTORE_ASSERT(::pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
    ::signal(SIGPIPE, SIG_IGN);
}

void wait_for_stop() {
    const sigset_t set = stop_signals();
    for (;;) {
        int number = 0;
        if (::sigwait(&set, &number) != 0)
            continue;
        if (number != SIGHUP)
            return;
        log::write(log::level::info, "SIGHUP: there is nothing to reload yet");
    }
}

extern "C" void end_at_once(int /*number*/) {
    ::_exit(exit_failed);
}

/// From here on a second SIGTERM or SIGINT does not wait for the drain.
void let_signals_end_the_process() {
    ::signal(SIGTERM, &end_at_once);
    ::signal(SIGINT, &end_at_once);
    const sigset_t set = stop_signals();
    ::signal(SIGHUP, SIG_IGN);
    LABSTORE_ASSERT(::pthread_sigmask(SIG_UNBLOCK, &set, nullptr) == 0);
}

void raise_descriptor_limit(std::uint64_t connections_max) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log::write(log::level::warn, "cannot raise the limit of open files", {{"errno", errno}});
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < connections_max + other_descriptors)
        log::write(
            log::level::warn,
            "the limit of open files is too low for connections-max",
            {{"open_files_max", static_cast<std::uint64_t>(limit.rlim_max)},
             {"connections_max", connections_max}}
        );
}

int run(const config::settings& settings, const line_sink& say, const line_sink& complain) {
    auto running = instance::start(settings, say);
    if (!running) {
        log::write(log::level::error, "cannot start", {{"reason", running.error().message}});
        complain(running.error().message);
        return exit_failed;
    }
    wait_for_stop();
    let_signals_end_the_process();
    const auto stopped = (*running)->stop();
    if (stopped)
        return exit_fine;
    log::write(log::level::error, "stopped with a failure", {{"reason", stopped.error().message}});
    complain(stopped.error().message);
    return exit_failed;
}

}  // namespace

std::string_view version() noexcept {
    return LABSTORE_VERSION;
}

int serve(const config::settings& settings, const line_sink& say, const line_sink& complain) {
    block_signals();
    ::umask(077);
    if (auto logging = log::init(settings.log); !logging) {
        complain("cannot open the log " + settings.log.file + ": " + logging.error().message());
        return exit_failed;
    }
    raise_descriptor_limit(settings.listener.connections_max);
    const int code = run(settings, say, complain);
    log::shutdown();
    return code;
}

}  // namespace labstore::server
