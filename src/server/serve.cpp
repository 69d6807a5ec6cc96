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

/// A certificate is renewed in files that somebody else writes; this often they are looked at.
constexpr timespec look_interval{.tv_sec = 5, .tv_nsec = 0};

void tell_of_certificate(const net::tls_server& tls) {
    constexpr std::int64_t soon_days = 14;
    const auto now =
        std::chrono::floor<std::chrono::seconds>(system_clock().now()).time_since_epoch().count();
    const auto left_s = static_cast<std::int64_t>(tls.statistics().certificate_expires) - now;
    const std::int64_t left_days = left_s / (24 * 60 * 60);
    log::write(
        left_days < soon_days ? log::level::warn : log::level::info,
        "certificate in use",
        {{"expires_in_days", left_days}}
    );
}

/// The old certificate stays in use when the new files are no good: half written, perhaps, and complete at the next look.
void reload_certificate(net::tls_server& tls) {
    const auto loaded = tls.reload();
    if (loaded)
        tell_of_certificate(tls);
    else
        log::write(
            log::level::error,
            "the certificate in use stays",
            {{"option", loaded.error().option}, {"reason", loaded.error().message}}
        );
}

void wait_for_stop(net::tls_server* tls) {
    const sigset_t set = stop_signals();
    for (;;) {
        const int number = ::sigtimedwait(&set, nullptr, &look_interval);
        if (number == SIGTERM || number == SIGINT)
            return;
        if (tls != nullptr && (number == SIGHUP || tls->files_changed()))
            reload_certificate(*tls);
        else if (number == SIGHUP)
            log::write(log::level::info, "SIGHUP: without tls-cert there is nothing to reload");
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
    std::unique_ptr<net::tls_server> tls;
    if (settings.tls.wanted()) {
        auto made = net::make_tls_server(settings.tls);
        if (!made) {
            const auto& [option, message] = made.error();
            log::write(log::level::error, "cannot start", {{"option", option}, {"reason", message}});
            complain(option + ": " + message);
            return exit_usage;
        }
        tls = std::move(*made);
        tell_of_certificate(*tls);
    }
    auto running = instance::start(settings, say, std::move(tls));
    if (!running) {
        log::write(log::level::error, "cannot start", {{"reason", running.error().message}});
        complain(running.error().message);
        return exit_failed;
    }
    wait_for_stop((*running)->tls());
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
