#include "labstore/blob.hpp"
#include "labstore/blob/file_system.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>

namespace labstore::blob {
namespace {

alignas(4096) constexpr std::array<std::byte, 256 * KiB> zeros{};
constexpr std::size_t in_memory_pages_max = 512;
constexpr std::size_t pieces_per_call_max = 256;  // well below IOV_MAX, and small enough for the stack

error_code last_error() noexcept {
    switch (errno) {
        case ENOENT:
            return errc::no_such_key;
        case EEXIST:
            return errc::conflict;
        case EMFILE:
        case ENFILE:
            return errc::busy;
        default:
            return from_errno(errno);
    }
}

result<void> outcome(int returned) noexcept {
    if (returned != 0)
        return last_error();
    return {};
}

class posix_file final : public file {
  public:
    explicit posix_file(unique_fd fd) : fd_(std::move(fd)) {}

    posix_file(const posix_file&) = delete;
    posix_file& operator=(const posix_file&) = delete;

    ~posix_file() override {
        if (mapping_ != nullptr)
            ::munmap(mapping_, mapped_bytes_);
    }

    result<std::size_t> read(std::uint64_t offset, mutable_byte_span into) override {
        std::size_t done = 0;
        while (done < into.size()) {
            const auto got =
                ::pread(fd_.get(), into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0)
                return last_error();
            if (got == 0)
                break;
            done += static_cast<std::size_t>(got);
        }
        return done;
    }

    std::size_t read_cached(std::uint64_t offset, mutable_byte_span into) noexcept override {
        iovec piece{into.data(), into.size()};
        const auto got = ::preadv2(fd_.get(), &piece, 1, static_cast<off_t>(offset), RWF_NOWAIT);
        return got > 0 ? static_cast<std::size_t>(got) : 0;
    }

    bool in_memory(std::uint64_t offset, std::uint64_t size_bytes) noexcept override {
        std::call_once(mapped_once_, [this] { map(); });
        static const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
        const auto from = offset / page_bytes * page_bytes;
        const auto pages = (offset + size_bytes - from + page_bytes - 1) / page_bytes;
        std::array<unsigned char, in_memory_pages_max> seen;
        if (mapping_ == nullptr || offset + size_bytes > mapped_bytes_ || pages > seen.size())
            return false;
        if (::mincore(static_cast<std::byte*>(mapping_) + from, pages * page_bytes, seen.data()) != 0)
            return false;
        return std::all_of(seen.begin(), seen.begin() + pages, [](unsigned char page) {
            return (page & 1U) != 0;
        });
    }

    [[nodiscard]] int descriptor() const noexcept override { return fd_.get(); }

    result<void> write(std::uint64_t offset, std::span<const byte_span> pieces) override {
        std::array<iovec, pieces_per_call_max> batch;
        while (!pieces.empty()) {
            const auto count = std::min(pieces.size(), batch.size());
            for (std::size_t i = 0; i < count; ++i) {
                auto* start =
                    const_cast<std::byte*>(pieces[i].data());  // writev reads only; its type predates const
                batch[i] = {start, pieces[i].size()};
            }
            LABSTORE_TRY(write_batch(offset, std::span(batch).first(count)));
            pieces = pieces.subspan(count);
        }
        return {};
    }

    result<void> sync_data() override { return outcome(::fdatasync(fd_.get())); }

    void start_write_back(std::uint64_t offset, std::uint64_t size_bytes) noexcept override {
        ::sync_file_range(
            fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(size_bytes), SYNC_FILE_RANGE_WRITE
        );
    }

    result<void> allocate(std::uint64_t size_bytes) override {
        if (::fallocate(fd_.get(), 0, 0, static_cast<off_t>(size_bytes)) == 0)
            return {};
        if (errno != EOPNOTSUPP)
            return last_error();
        return outcome(::ftruncate(fd_.get(), static_cast<off_t>(size_bytes)));
    }

    result<void> write_zeros(std::uint64_t offset, std::uint64_t size_bytes) override {
        // Through a second descriptor, since direct writes ask for alignment that records do not have. Where the file
        // system has no direct writes, ordinary ones do the same at a higher price.
        const auto own_name = "/proc/self/fd/" + std::to_string(fd_.get());
        const unique_fd direct(::open(own_name.c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC));
        while (size_bytes > 0) {
            const auto count = std::min<std::uint64_t>(size_bytes, zeros.size());
            bool written = false;
            if (direct) {
                const auto wrote = ::pwrite(direct.get(), zeros.data(), count, static_cast<off_t>(offset));
                written = wrote == static_cast<ssize_t>(count);
            }
            if (!written) {
                const auto piece = byte_span(zeros).first(count);
                LABSTORE_TRY(write(offset, std::span(&piece, 1)));
                start_write_back(offset, count);
            }
            offset += count;
            size_bytes -= count;
        }
        return {};
    }

    result<std::uint64_t> size_bytes() override {
        struct stat status {};

        if (::fstat(fd_.get(), &status) != 0)
            return last_error();
        return static_cast<std::uint64_t>(status.st_size);
    }

  private:
    /// Moves `offset` past what it wrote and goes on after short writes.
    result<void> write_batch(std::uint64_t& offset, std::span<iovec> batch) {
        while (!batch.empty()) {
            const auto wrote = ::pwritev(
                fd_.get(), batch.data(), static_cast<int>(batch.size()), static_cast<off_t>(offset)
            );
            if (wrote < 0 && errno == EINTR)
                continue;
            if (wrote < 0)
                return last_error();
            offset += static_cast<std::uint64_t>(wrote);
            auto left = static_cast<std::size_t>(wrote);
            while (!batch.empty() && left >= batch.front().iov_len) {
                left -= batch.front().iov_len;
                batch = batch.subspan(1);
            }
            if (!batch.empty()) {
                batch.front().iov_base = static_cast<std::byte*>(batch.front().iov_base) + left;
                batch.front().iov_len -= left;
            }
        }
        return {};
    }

    /// Only addresses, for mincore to be asked about; nothing is read through them.
    void map() noexcept {
        struct stat status {};

        if (::fstat(fd_.get(), &status) != 0 || status.st_size == 0)
            return;
        mapped_bytes_ = static_cast<std::size_t>(status.st_size);
        auto* mapped = ::mmap(nullptr, mapped_bytes_, PROT_READ, MAP_SHARED, fd_.get(), 0);
        if (mapped != MAP_FAILED)
            mapping_ = mapped;
    }

    unique_fd fd_;
    std::once_flag mapped_once_;
    void* mapping_ = nullptr;
    std::size_t mapped_bytes_ = 0;
};

class posix_files final : public file_system {
  public:
    result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) override {
        int flags = O_CLOEXEC | O_NOFOLLOW;
        if (mode == open_mode::read)
            flags |= O_RDONLY;
        else if (mode == open_mode::read_write)
            flags |= O_RDWR;
        else
            flags |= O_RDWR | O_CREAT | O_EXCL;
        unique_fd fd(::open(path.c_str(), flags, 0600));
        if (!fd)
            return last_error();
        // Advice only: where it is refused the engine is slower, not wrong.
        (void)::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_RANDOM);
        return std::make_unique<posix_file>(std::move(fd));
    }

    result<void> make_directory(const std::string& path) override {
        if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST)
            return {};
        return last_error();
    }

    result<void> sync_directory(const std::string& path) override {
        const unique_fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!fd)
            return last_error();
        return outcome(::fsync(fd.get()));
    }

    result<void> rename(const std::string& from, const std::string& to) override {
        return outcome(::rename(from.c_str(), to.c_str()));
    }

    result<void> link(const std::string& from, const std::string& to) override {
        return outcome(::link(from.c_str(), to.c_str()));
    }

    result<void> unlink(const std::string& path) override { return outcome(::unlink(path.c_str())); }

    result<std::vector<std::string>> list(const std::string& path) override {
        const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), &::closedir);
        if (!directory)
            return last_error();
        std::vector<std::string> names;
        errno = 0;
        while (const auto* entry = ::readdir(directory.get())) {
            std::string name = entry->d_name;
            if (name != "." && name != "..")
                names.push_back(std::move(name));
        }
        if (errno != 0)
            return last_error();
        return names;
    }

    result<space> free_space(const std::string& path) override {
        struct statvfs status {};

        if (::statvfs(path.c_str(), &status) != 0)
            return last_error();
        return space{
            .total_bytes = status.f_blocks * status.f_frsize,
            .available_bytes = status.f_bavail * status.f_frsize};
    }

    result<void> sync_all(const std::string& path) override {
        const unique_fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!fd)
            return last_error();
        return outcome(::syncfs(fd.get()));
    }
};

}  // namespace

file_system& posix_file_system() {
    static posix_files files;
    return files;
}

}  // namespace labstore::blob
