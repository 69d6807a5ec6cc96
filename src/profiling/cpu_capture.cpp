#include "labstore/profiling.hpp"

#include "profiling/pprof_encoder.hpp"
#include "profiling/sample_log.hpp"

#include <gperftools/profiler.h>
#include <linux/memfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace labstore::profiling {
namespace {

/// gperftools has one sampler per process; this says whose it is.
std::atomic<bool> sampler_taken{false};

result<std::string> read_all(int fd) {
    const off_t size = ::lseek(fd, 0, SEEK_END);
    if (size < 0)
        return from_errno(errno);
    std::string text(static_cast<std::size_t>(size), '\0');
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t got = ::pread(fd, text.data() + done, text.size() - done, static_cast<off_t>(done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return from_errno(errno);
        if (got == 0)
            return make_error_code(errc::io_error);
        done += static_cast<std::size_t>(got);
    }
    return text;
}

}  // namespace

result<cpu_capture> cpu_capture::start() {
    if (sampler_taken.exchange(true))
        return make_error_code(errc::busy);
    unique_fd file(static_cast<int>(::syscall(SYS_memfd_create, "cpu-profile", MFD_CLOEXEC)));
    const int failure = errno;
    if (!file) {
        sampler_taken = false;
        return from_errno(failure);
    }
    // gperftools opens by name; the memory file has one only through the process's own descriptor folder.
    const std::string name = "/proc/self/fd/" + std::to_string(file.get());
    if (ProfilerStart(name.c_str()) == 0) {
        sampler_taken = false;
        return make_error_code(errc::io_error);
    }
    return cpu_capture(std::move(file));
}

cpu_capture::~cpu_capture() {
    if (file_) {
        ProfilerStop();
        sampler_taken = false;
    }
}

result<std::string> cpu_capture::finish() {
    LABSTORE_ASSERT(file_);
    ProfilerStop();
    const unique_fd file = std::move(file_);
    const auto bytes = read_all(file.get());
    sampler_taken = false;
    LABSTORE_TRY(bytes);
    const auto samples = parse_sample_log(*bytes);
    LABSTORE_TRY(samples);
    return encode_pprof(*samples, &function_names);
}

}  // namespace labstore::profiling
