#include "server/durable_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace labstore::server {
namespace {

result<void> write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t put = ::write(fd, text.data(), text.size());
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return from_errno(errno);
        text.remove_prefix(static_cast<std::size_t>(put));
    }
    return {};
}

result<void> write_new(int folder_fd, const std::string& name, std::string_view text) {
    const unique_fd file(
        ::openat(folder_fd, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)
    );
    if (!file)
        return from_errno(errno);
    LABSTORE_TRY(write_all(file.get(), text));
    if (::fsync(file.get()) != 0)
        return from_errno(errno);
    return {};
}

}  // namespace

std::string temporary_name(const std::string& name) {
    return name + ".new";
}

result<void> write_durably(int folder_fd, const std::string& name, std::string_view text) {
    const std::string temporary = temporary_name(name);
    // A crash may have left one; it was never acknowledged to anybody.
    if (::unlinkat(folder_fd, temporary.c_str(), 0) != 0 && errno != ENOENT)
        return from_errno(errno);
    if (auto written = write_new(folder_fd, temporary, text); !written) {
        ::unlinkat(folder_fd, temporary.c_str(), 0);
        return written.error();
    }
    if (::renameat(folder_fd, temporary.c_str(), folder_fd, name.c_str()) != 0)
        return from_errno(errno);
    if (::fsync(folder_fd) != 0)
        return from_errno(errno);
    return {};
}

result<std::string> read_small(int folder_fd, const std::string& name, std::size_t size_bytes_max) {
    const unique_fd file(::openat(folder_fd, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file)
        return error_code(errno, boost::system::system_category());
    std::string text(size_bytes_max + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return from_errno(errno);
        if (got == 0)
            break;
        size += static_cast<std::size_t>(got);
    }
    if (size > size_bytes_max)
        return make_error_code(errc::too_large);
    text.resize(size);
    return text;
}

bool is_missing(const error_code& error) noexcept {
    return error == boost::system::errc::no_such_file_or_directory;
}

}  // namespace labstore::server
