// A RocksDB file system whose log or tables fail on demand, whose free space is what the test says, and that
// remembers of every file how much was synced, so that a power cut can be played.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace labstore::meta {

class faulty_index_files final : public rocksdb::FileSystemWrapper {
  public:
    enum class fault {
        append_fails,
        append_tears,
        append_without_room,
        sync_fails,
        sync_without_room,
        create_without_room
    };

    faulty_index_files() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}

    [[nodiscard]] const char* Name() const override { return "faulty_index_files"; }

    /// The call on a log after `skip` further ones of its kind fails, and all later ones too until `heal`.
    void fail_log(fault what, int skip = 0) { fail_files(".log", what, skip); }

    void fail_files(std::string suffix, fault what, int skip = 0) {
        const std::lock_guard lock(mutex_);
        suffix_ = std::move(suffix);
        fault_ = what;
        skip_ = skip;
    }

    void heal() {
        const std::lock_guard lock(mutex_);
        fault_.reset();
    }

    void set_free_bytes(std::uint64_t value) { free_bytes_ = value; }

    /// Syncs of a log wait until it is opened again.
    void hold_syncs(bool held) {
        const std::lock_guard lock(mutex_);
        held_ = held;
        changed_.notify_all();
    }

    [[nodiscard]] int log_syncs() const { return log_syncs_.load(); }

    /// Copies the folder as a power cut would leave it: every file only as far as it was synced.
    void copy_as_after_power_cut(const std::string& from, const std::string& to) {
        const std::lock_guard lock(mutex_);
        std::filesystem::remove_all(to);
        std::filesystem::copy(from, to);
        for (const auto& file : std::filesystem::directory_iterator(to)) {
            const auto known = synced_bytes_.find(from + "/" + file.path().filename().string());
            if (known != synced_bytes_.end() && known->second < file.file_size())
                std::filesystem::resize_file(file.path(), known->second);
        }
    }

    rocksdb::IOStatus NewWritableFile(
        const std::string& name,
        const rocksdb::FileOptions& how,
        std::unique_ptr<rocksdb::FSWritableFile>* made,
        rocksdb::IODebugContext* debug
    ) override {
        if (next(name, {fault::create_without_room}))
            return rocksdb::IOStatus::NoSpace("injected");
        auto status = FileSystemWrapper::NewWritableFile(name, how, made, debug);
        if (status.ok())
            *made = std::make_unique<tracked_file>(std::move(*made), *this, name);
        return status;
    }

    rocksdb::IOStatus RenameFile(
        const std::string& from,
        const std::string& to,
        const rocksdb::IOOptions& how,
        rocksdb::IODebugContext* debug
    ) override {
        {
            const std::lock_guard lock(mutex_);
            if (auto moved = synced_bytes_.extract(from)) {
                moved.key() = to;
                synced_bytes_.erase(to);
                synced_bytes_.insert(std::move(moved));
            }
        }
        return FileSystemWrapper::RenameFile(from, to, how, debug);
    }

    rocksdb::IOStatus GetFreeSpace(
        const std::string& path,
        const rocksdb::IOOptions& how,
        std::uint64_t* bytes,
        rocksdb::IODebugContext* debug
    ) override {
        *bytes = free_bytes_.load();
        return *bytes != 0 ? rocksdb::IOStatus::OK()
                           : FileSystemWrapper::GetFreeSpace(path, how, bytes, debug);
    }

  private:
    class tracked_file final : public rocksdb::FSWritableFileOwnerWrapper {
      public:
        tracked_file(
            std::unique_ptr<rocksdb::FSWritableFile> target, faulty_index_files& owner, std::string name
        )
            : FSWritableFileOwnerWrapper(std::move(target)), owner_(owner), name_(std::move(name)) {
            owner_.synced(name_, 0);
        }

        rocksdb::IOStatus Append(
            const rocksdb::Slice& data, const rocksdb::IOOptions& how, rocksdb::IODebugContext* debug
        ) override {
            const auto hit =
                owner_.next(name_, {fault::append_fails, fault::append_tears, fault::append_without_room});
            if (hit && *hit != fault::append_fails) {
                // Part of it reaches the file, as a full device does it.
                auto torn = FSWritableFileOwnerWrapper::Append({data.data(), data.size() / 2}, how, debug);
                size_bytes_ += data.size() / 2;
                torn.PermitUncheckedError();
            }
            if (hit)
                return failure(*hit);
            auto status = FSWritableFileOwnerWrapper::Append(data, how, debug);
            size_bytes_ += status.ok() ? data.size() : 0;
            return status;
        }

        rocksdb::IOStatus Append(
            const rocksdb::Slice& data,
            const rocksdb::IOOptions& how,
            const rocksdb::DataVerificationInfo&,
            rocksdb::IODebugContext* debug
        ) override {
            return Append(data, how, debug);
        }

        rocksdb::IOStatus Sync(const rocksdb::IOOptions& how, rocksdb::IODebugContext* debug) override {
            if (auto failed = before_sync(); !failed.ok())
                return failed;
            const auto size_bytes = size_bytes_.load();
            return note_sync(FSWritableFileOwnerWrapper::Sync(how, debug), size_bytes);
        }

        rocksdb::IOStatus Fsync(const rocksdb::IOOptions& how, rocksdb::IODebugContext* debug) override {
            if (auto failed = before_sync(); !failed.ok())
                return failed;
            const auto size_bytes = size_bytes_.load();
            return note_sync(FSWritableFileOwnerWrapper::Fsync(how, debug), size_bytes);
        }

      private:
        static rocksdb::IOStatus failure(fault what) {
            if (what == fault::append_without_room || what == fault::sync_without_room)
                return rocksdb::IOStatus::NoSpace("injected");
            return rocksdb::IOStatus::IOError("injected");
        }

        rocksdb::IOStatus before_sync() {
            const auto hit = owner_.next(name_, {fault::sync_fails, fault::sync_without_room});
            return hit ? failure(*hit) : rocksdb::IOStatus::OK();
        }

        /// Only what was there before the sync began counts: a log may be written to and synced at the same time.
        rocksdb::IOStatus note_sync(rocksdb::IOStatus status, std::uint64_t size_bytes) {
            if (status.ok())
                owner_.synced(name_, size_bytes);
            return status;
        }

        faulty_index_files& owner_;
        const std::string name_;
        std::atomic<std::uint64_t> size_bytes_{0};
    };

    /// The fault this call meets, if it is one of `kinds` and its turn has come.
    std::optional<fault> next(const std::string& name, std::initializer_list<fault> kinds) {
        std::unique_lock lock(mutex_);
        if (*kinds.begin() == fault::sync_fails && name.ends_with(".log")) {
            ++log_syncs_;
            changed_.wait(lock, [this] { return !held_; });
        }
        if (!name.ends_with(suffix_))
            return std::nullopt;
        for (const auto kind : kinds)
            if (fault_ == kind)
                return skip_-- > 0 ? std::nullopt : fault_;
        return std::nullopt;
    }

    void synced(const std::string& name, std::uint64_t size_bytes) {
        const std::lock_guard lock(mutex_);
        synced_bytes_[name] = size_bytes;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<fault> fault_;
    std::string suffix_ = ".log";
    int skip_ = 0;
    bool held_ = false;
    std::atomic<std::uint64_t> free_bytes_{0};
    std::atomic<int> log_syncs_{0};
    std::map<std::string, std::uint64_t> synced_bytes_;
};

}  // namespace labstore::meta
