#include "meta/database.hpp"

#include "labstore/observability.hpp"

#include <filesystem>
#include <system_error>
#include <vector>

namespace labstore::meta {
namespace {

constexpr std::chrono::seconds recovery_interval{1};
/// What reopening needs beside the replayed log: a manifest, an options file, a new log.
constexpr std::uint64_t reopen_bytes = 2 * MiB;

std::string prepare_folder(const std::string& folder) {
    std::error_code ignored;  // opening the database reports it
    std::filesystem::create_directories(folder, ignored);
    return folder;
}

errc open_errc(const rocksdb::Status& status) {
    if (is_out_of_space(status))
        return errc::full;
    if (status.IsCorruption())
        return errc::corrupt;
    // RocksDB has no code of its own for its lock file.
    if (status.IsIOError() && status.ToString().find("lock ") != std::string::npos)
        return errc::already_locked;
    return errc::io_error;
}

}  // namespace

database::database(const options& settings, rocksdb::Env& env)
    : settings_(settings),
      env_(env),
      errors_(std::make_shared<error_listener>()),
      counters_(std::make_shared<rocks_counters>()),
      rocks_options_(rocks_options(settings, errors_, counters_, env)),
      ballast_(prepare_folder(settings.path), env) {}

database::~database() = default;

result<void> database::open() {
    ballast_.restore();
    auto status = open_writable();
    if (is_out_of_space(status) && ballast_.give_up())
        status = open_writable();
    if (status.ok())
        return {};
    log::write(log::level::error, "index cannot be opened", {{"status", status.ToString()}});
    return open_errc(status);
}

database::condition database::current() const noexcept {
    const auto state = errors_->current();
    if (state == error_listener::state::fatal)
        return condition::fatal;
    if (state == error_listener::state::out_of_space || read_only_)
        return condition::out_of_space;
    return condition::running;
}

write_outcome database::write(rocksdb::WriteBatch& changes, bool sync) {
    // The log takes the rows once and a table takes them again.
    if (!ballast_.ensure_room(2 * changes.GetDataSize()))
        return write_outcome::refused;
    rocksdb::WriteOptions how;
    how.sync = sync;
    const auto status = db_->Write(how, &changes);
    if (status.ok())
        return write_outcome::applied;
    log::write(log::level::error, "index write failed", {{"status", status.ToString()}});
    // Nothing of the log failed: a flush did just before, and RocksDB turned the write away at the door.
    if (!errors_->log_suspect() && errors_->current() == error_listener::state::out_of_space)
        return write_outcome::refused;
    if (!errors_->log_suspect() && errors_->current() == error_listener::state::fatal)
        return write_outcome::dead;
    // Also for a failure that RocksDB did not report as its own: nobody knows where it happened.
    if (errors_->current() == error_listener::state::none)
        errors_->set_fatal();
    return write_outcome::undecided;
}

bool database::recover() {
    LABSTORE_ASSERT(current() == condition::out_of_space);
    const auto now = std::chrono::steady_clock::now();
    if (now < next_recovery_ || !ballast_.ensure_room(log_bytes() + reopen_bytes))
        return false;
    next_recovery_ = now + recovery_interval;
    const std::lock_guard gate(gate_);
    reopening_.store(true);
    const std::unique_lock lock(mutex_);
    const bool reopened = reopen();
    reopening_.store(false);
    return reopened;
}

std::shared_lock<labstore::shared_mutex> database::lock_for_reading() {
    if (reopening_.load())
        const std::lock_guard wait(gate_);
    return std::shared_lock(mutex_);
}

std::shared_lock<labstore::shared_mutex> database::try_lock_for_reading() {
    if (reopening_.load())
        return std::shared_lock(mutex_, std::defer_lock);
    return std::shared_lock(mutex_, std::try_to_lock);
}

bool database::reopen() {
    if (db_) {
        // What closing complains about is what stopped the database before.
        db_->Close().PermitUncheckedError();
        db_.reset();
    }
    errors_->reset();
    const auto status = open_writable();
    if (status.ok()) {
        read_only_ = false;
        log::write(log::level::warn, "index reopened, takes changes again");
        return true;
    }
    log::write(log::level::error, "index cannot be reopened", {{"status", status.ToString()}});
    if (!is_out_of_space(status))
        errors_->set_fatal();
    // Reads go on meanwhile.
    read_only_ = true;
    rocksdb::DB* opened = nullptr;
    auto reading_options = rocks_options_;
    reading_options.listeners.clear();
    if (rocksdb::DB::OpenForReadOnly(reading_options, settings_.path, &opened).ok())
        db_.reset(opened);
    else
        errors_->set_fatal();
    return false;
}

rocksdb::Status database::open_writable() {
    rocksdb::DB* opened = nullptr;
    auto status = rocksdb::DB::Open(rocks_options_, settings_.path, &opened);
    if (status.ok())
        db_.reset(opened);
    return status;
}

std::uint64_t database::log_bytes() const {
    std::vector<rocksdb::Env::FileAttributes> files;
    std::uint64_t total = 0;
    if (env_.GetChildrenFileAttributes(settings_.path, &files).ok())
        for (const auto& file : files)
            if (file.name.ends_with(".log"))
                total += file.size_bytes;
    return total;
}

void database::sync_log() {
    const auto lock = lock_for_reading();
    if (current() != condition::running)
        return;
    const auto start = std::chrono::steady_clock::now();
    const auto status = db_->SyncWAL();
    counters_->observe_log_sync(std::chrono::steady_clock::now() - start);
    // The listener hears of a failure.
    if (!status.ok())
        log::write(log::level::error, "index log sync failed", {{"status", status.ToString()}});
}

engine_stats database::statistics() {
    engine_stats now;
    counters_->fill(now);
    const auto lock = try_lock_for_reading();
    if (lock.owns_lock() && db_)
        fill_state(*db_, now);
    return now;
}

result<void> database::close() {
    const std::unique_lock lock(mutex_);
    if (!db_)
        return current() == condition::running ? result<void>() : result<void>(errc::io_error);
    const bool writable = current() == condition::running;
    auto status = writable ? db_->SyncWAL() : rocksdb::Status::IOError("stopped before");
    const auto closed = db_->Close();
    db_.reset();
    if (status.ok())
        status = closed;
    if (status.ok())
        return {};
    log::write(log::level::error, "index did not close cleanly", {{"status", status.ToString()}});
    return errc::io_error;
}

}  // namespace labstore::meta
