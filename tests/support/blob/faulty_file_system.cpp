#include "support/blob/faulty_file_system.hpp"

namespace labstore::blob::testing {
namespace {

bool changes(call kind) {
    return kind != call::open && kind != call::read && kind != call::list;
}

}  // namespace

class faulty_file_system::faulty_file final : public file {
  public:
    faulty_file(faulty_file_system& owner, std::string path, std::unique_ptr<file> below)
        : owner_(owner), path_(std::move(path)), below_(std::move(below)) {}

    result<std::size_t> read(std::uint64_t offset, mutable_byte_span into) override {
        if (const auto admitted = owner_.admit(call::read, path_); !admitted)
            return admitted.error();
        return below_->read(offset, into);
    }

    std::size_t read_cached(std::uint64_t offset, mutable_byte_span into) noexcept override {
        return owner_.power_is_off() ? 0 : below_->read_cached(offset, into);
    }

    bool in_memory(std::uint64_t offset, std::uint64_t size_bytes) noexcept override {
        return !owner_.power_is_off() && below_->in_memory(offset, size_bytes);
    }

    [[nodiscard]] int descriptor() const noexcept override { return below_->descriptor(); }

    result<void> write(std::uint64_t offset, std::span<const byte_span> pieces) override {
        const auto admitted = owner_.admit(call::write, path_);
        if (admitted)
            return below_->write(offset, pieces);
        if (owner_.half_write())
            write_half(offset, pieces);
        return admitted;
    }

    result<void> sync_data() override {
        if (sync_failed_)
            owner_.note_retry();
        const auto admitted = owner_.admit(call::sync_data, path_);
        if (admitted)
            return below_->sync_data();
        sync_failed_ = true;
        if (!owner_.power_is_off())
            static_cast<memory_file&>(*below_).lose_unsynced();
        return admitted;
    }

    void start_write_back(std::uint64_t, std::uint64_t) noexcept override {}

    result<void> allocate(std::uint64_t size_bytes) override {
        LABSTORE_TRY(owner_.admit(call::allocate, path_));
        return below_->allocate(size_bytes);
    }

    result<void> write_zeros(std::uint64_t offset, std::uint64_t size_bytes) override {
        LABSTORE_TRY(owner_.admit(call::write, path_));
        return below_->write_zeros(offset, size_bytes);
    }

    result<std::uint64_t> size_bytes() override { return below_->size_bytes(); }

  private:
    void write_half(std::uint64_t offset, std::span<const byte_span> pieces) {
        std::size_t size = 0;
        for (const auto& piece : pieces)
            size += piece.size();
        size /= 2;
        for (const auto& piece : pieces) {
            const auto part = piece.first(std::min(size, piece.size()));
            (void)below_->write(offset, std::span(&part, 1));
            offset += part.size();
            size -= part.size();
        }
    }

    faulty_file_system& owner_;
    const std::string path_;
    const std::unique_ptr<file> below_;
    std::atomic<bool> sync_failed_{false};
};

void faulty_file_system::fail(std::optional<fault> how) {
    const std::lock_guard lock(mutex_);
    fault_ = how;
    fault_happened_ = false;
    counts_at_fault_ = counts_;
}

void faulty_file_system::cut_at(std::uint64_t step) {
    const std::lock_guard lock(mutex_);
    steps_left_ = step;
}

bool faulty_file_system::power_is_off() const {
    const std::lock_guard lock(mutex_);
    return power_off_;
}

std::uint64_t faulty_file_system::count(call kind) const {
    const std::lock_guard lock(mutex_);
    return counts_[static_cast<std::size_t>(kind)];
}

bool faulty_file_system::fault_happened() const {
    const std::lock_guard lock(mutex_);
    return fault_happened_;
}

bool faulty_file_system::failed_sync_retried() const {
    const std::lock_guard lock(mutex_);
    return failed_sync_retried_;
}

bool faulty_file_system::half_write() const {
    const std::lock_guard lock(mutex_);
    return !power_off_ && fault_ && fault_->half_write;
}

void faulty_file_system::note_retry() {
    const std::lock_guard lock(mutex_);
    failed_sync_retried_ = true;
}

result<void> faulty_file_system::admit(call kind, const std::string& path) {
    if (watcher_)
        watcher_(kind, path);
    const std::lock_guard lock(mutex_);
    const auto index = static_cast<std::size_t>(kind);
    ++counts_[index];
    if (!power_off_ && steps_left_ > 0 && changes(kind) && --steps_left_ == 0)
        power_off_ = true;
    if (power_off_)
        return errc::io_error;
    if (fault_ && fault_->kind == kind) {
        const auto nth = counts_[index] - counts_at_fault_[index];
        if (nth == fault_->nth || (fault_->forever && nth > fault_->nth)) {
            fault_happened_ = true;
            return fault_->error;
        }
    }
    return {};
}

result<std::unique_ptr<file>> faulty_file_system::open(const std::string& path, open_mode mode) {
    if (const auto admitted = admit(mode == open_mode::create ? call::create : call::open, path); !admitted)
        return admitted.error();
    auto opened = below_.open(path, mode);
    if (!opened)
        return opened.error();
    return std::make_unique<faulty_file>(*this, path, std::move(*opened));
}

result<void> faulty_file_system::make_directory(const std::string& path) {
    LABSTORE_TRY(admit(call::make_directory, path));
    return below_.make_directory(path);
}

result<void> faulty_file_system::sync_directory(const std::string& path) {
    LABSTORE_TRY(admit(call::sync_directory, path));
    return below_.sync_directory(path);
}

result<void> faulty_file_system::rename(const std::string& from, const std::string& to) {
    LABSTORE_TRY(admit(call::rename, to));
    return below_.rename(from, to);
}

result<void> faulty_file_system::link(const std::string& from, const std::string& to) {
    LABSTORE_TRY(admit(call::link, to));
    return below_.link(from, to);
}

result<void> faulty_file_system::unlink(const std::string& path) {
    LABSTORE_TRY(admit(call::unlink, path));
    return below_.unlink(path);
}

result<std::vector<std::string>> faulty_file_system::list(const std::string& path) {
    if (const auto admitted = admit(call::list, path); !admitted)
        return admitted.error();
    return below_.list(path);
}

result<space> faulty_file_system::free_space(const std::string& path) {
    return below_.free_space(path);
}

result<void> faulty_file_system::sync_all(const std::string& path) {
    LABSTORE_TRY(admit(call::sync_all, path));
    return below_.sync_all(path);
}

}  // namespace labstore::blob::testing
