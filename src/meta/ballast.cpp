#include "meta/ballast.hpp"

#include "labstore/observability.hpp"

#include <rocksdb/env.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>

namespace labstore::meta {
namespace {

constexpr std::uint64_t ballast_bytes_max = 32 * MiB;
constexpr std::uint64_t piece_bytes = 1 * MiB;

}  // namespace

ballast::ballast(std::string folder, rocksdb::Env& env)
    : folder_(std::move(folder)), file_(folder_ + "/ballast"), env_(env) {
    std::error_code failed;
    const auto space = std::filesystem::space(folder_, failed);
    const auto capacity = failed ? 0 : static_cast<std::uint64_t>(space.capacity);
    size_bytes_ = std::min(ballast_bytes_max, capacity / 16 / piece_bytes * piece_bytes);
    std::uint64_t present = 0;
    held_ = env_.GetFileSize(file_, &present).ok() && present >= size_bytes_;
}

bool ballast::ensure_room(std::uint64_t size_bytes) {
    const auto needed = size_bytes + size_bytes_ / 4;
    return free_bytes() >= needed || (give_up() && free_bytes() >= needed);
}

bool ballast::give_up() {
    if (!held_.exchange(false))
        return false;
    const bool removed = env_.DeleteFile(file_).ok();
    log::write(
        log::level::warn, "index gave up its ballast", {{"removed", removed}, {"free_bytes", free_bytes()}}
    );
    return removed;
}

void ballast::restore() {
    if (size_bytes_ == 0 || held_ || free_bytes() < 4 * size_bytes_)
        return;
    if (write_file()) {
        held_ = true;
        return;
    }
    // Half a file of zeros helps nobody.
    if (!env_.DeleteFile(file_).ok())
        log::write(log::level::warn, "index cannot remove its unfinished ballast", {{"file", file_}});
}

std::uint64_t ballast::free_bytes() const {
    std::uint64_t available = 0;
    // A file system that cannot say is taken to have room: the write will tell.
    return env_.GetFreeSpace(folder_, &available).ok() ? available : ~std::uint64_t{0};
}

bool ballast::write_file() {
    std::unique_ptr<rocksdb::WritableFile> file;
    if (!env_.NewWritableFile(file_, &file, rocksdb::EnvOptions()).ok())
        return false;
    const std::string zeros(piece_bytes, '\0');
    for (std::uint64_t written = 0; written < size_bytes_; written += piece_bytes)
        if (!file->Append(zeros).ok())
            return false;
    return file->Close().ok();
}

}  // namespace labstore::meta
