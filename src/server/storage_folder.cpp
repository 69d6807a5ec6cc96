#include "server/storage_folder.hpp"

#include "labstore/config/stored.hpp"
#include "server/durable_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace labstore::server {
namespace {

namespace fs = std::filesystem;

const std::string lock_name = "LOCK";
const std::string format_name = "format.json";
constexpr std::size_t format_bytes_max = 64 * 1024;

result<void> sync_folder(const fs::path& path) {
    const unique_fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder || ::fsync(folder.get()) != 0)
        return from_errno(errno);
    return {};
}

/// Makes what is missing of the path, each new folder durable in its parent before the next.
attempt<void> make_folders(const fs::path& path) {
    std::error_code unknown;
    if (path.empty() || fs::exists(path, unknown))
        return {};
    const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
    if (auto made = make_folders(parent); !made)
        return made.error();
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
        return failed_to("make the folder " + path.string(), from_errno(errno));
    if (auto synced = sync_folder(parent); !synced)
        return failed_to("sync the folder " + parent.string(), synced.error());
    return {};
}

std::string new_deployment_id() {
    std::array<std::byte, 16> random;
    fill_random(random);
    return to_hex(random);
}

}  // namespace

attempt<storage_folder> storage_folder::open(const std::string& path, when_missing policy) {
    fs::path clean = fs::path(path).lexically_normal();
    if (clean.has_relative_path() && !clean.has_filename())
        clean = clean.parent_path();  // without a trailing slash
    if (policy == when_missing::create)
        if (auto made = make_folders(clean); !made)
            return made.error();
    unique_fd folder(::open(clean.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder)
        return failed_to("open the storage path " + clean.string(), from_errno(errno));
    storage_folder opened(clean.string(), std::move(folder));
    // Before the lock, so that a folder of something else does not even get a LOCK file.
    if (auto ours = opened.refuse_foreign(); !ours)
        return ours.error();
    if (auto locked = opened.lock(policy); !locked)
        return locked.error();
    if (auto known = opened.read_format(policy); !known)
        return known.error();
    return opened;
}

attempt<void> storage_folder::refuse_foreign() const {
    if (::faccessat(folder_.get(), format_name.c_str(), F_OK, 0) == 0)
        return {};
    std::error_code unreadable;
    for (fs::directory_iterator entry(path_, unreadable), end; !unreadable && entry != end;
         entry.increment(unreadable)) {
        const std::string name = entry->path().filename().string();
        if (name != "lost+found" && name != lock_name && name != temporary_name(format_name))
            return failure{
                path_ + " holds " + name + " but no " + format_name +
                ": it is not a LabStore storage path; choose an empty folder"};
    }
    if (unreadable)
        return failure{"cannot read the storage path " + path_ + ": " + unreadable.message()};
    return {};
}

attempt<void> storage_folder::lock(when_missing policy) {
    lock_ =
        unique_fd(::openat(folder_.get(), lock_name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)
        );
    // Nobody writes to a read-only file system: a look at it needs no lock.
    if (!lock_ && errno == EROFS && policy == when_missing::fail)
        return {};
    if (!lock_)
        return failed_to("open " + path_ + "/" + lock_name, from_errno(errno));
    if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return failed_to("lock " + path_ + "/" + lock_name, from_errno(errno));
        const auto holder = read_small(folder_.get(), lock_name, 64);
        const std::string who = holder && !holder->empty() ? " (process " + *holder + ")" : "";
        return failure{"the storage path " + path_ + " is in use by another labstore-server" + who};
    }
    // Only for the message above; the lock itself is the kernel's.
    const std::string own = std::to_string(::getpid());
    if (::ftruncate(lock_.get(), 0) != 0 || ::pwrite(lock_.get(), own.data(), own.size(), 0) < 0)
        return failed_to("write " + path_ + "/" + lock_name, from_errno(errno));
    return {};
}

attempt<void> storage_folder::read_format(when_missing policy) {
    const auto text = read_small(folder_.get(), format_name, format_bytes_max);
    if (!text && is_missing(text.error())) {
        if (policy == when_missing::fail)
            return failure{path_ + " holds no " + format_name + ": there is no store in it"};
        const config::storage_format fresh{config::storage_format_version, new_deployment_id()};
        if (auto written = write_durably(folder_.get(), format_name, to_text(fresh)); !written)
            return failed_to("write " + path_ + "/" + format_name, written.error());
        deployment_id_ = fresh.deployment_id;
        return {};
    }
    if (!text)
        return failed_to("read " + path_ + "/" + format_name, text.error());
    const auto format = config::parse_storage_format(*text);
    if (!format && to_errc(format.error()) == errc::newer_format)
        return failure{
            "the storage path " + path_ + " was written by a newer version of LabStore; this one (" +
            std::string(version()) + ") reads formats up to " +
            std::to_string(config::storage_format_version)};
    if (!format)
        return failure{
            path_ + "/" + format_name + " is damaged: it is not the document that LabStore writes"};
    deployment_id_ = format->deployment_id;
    return {};
}

}  // namespace labstore::server
