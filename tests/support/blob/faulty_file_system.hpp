// Stands in front of a memory file system: counts and shows every call, fails chosen ones, and cuts the power at a chosen
// step.
#pragma once

#include "support/blob/memory_file_system.hpp"

#include <functional>
#include <optional>

namespace labstore::blob::testing {

enum class call {
    open,
    create,
    read,
    write,
    sync_data,
    allocate,
    make_directory,
    sync_directory,
    rename,
    link,
    unlink,
    list,
    sync_all
};
inline constexpr std::size_t call_kinds = static_cast<std::size_t>(call::sync_all) + 1;

/// The `nth` call of a kind (from 1) fails, or all from it on.
struct fault {
    call kind = call::write;
    std::uint64_t nth = 1;
    errc error = errc::io_error;
    bool forever = false;
    bool half_write = false;  // a failing write has written its first half
};

class faulty_file_system final : public file_system {
  public:
    using watcher = std::function<void(call kind, const std::string& path)>;

    explicit faulty_file_system(memory_file_system& below) : below_(below) {}

    void fail(std::optional<fault> how);
    /// The power goes just before the `step`-th changing call from now (from 1); everything fails from then on. 0: never.
    void cut_at(std::uint64_t step);

    /// Called before each call, from the calling thread. Set while nothing runs.
    void watch(watcher see) { watcher_ = std::move(see); }

    [[nodiscard]] bool power_is_off() const;
    [[nodiscard]] std::uint64_t count(call kind) const;
    [[nodiscard]] bool fault_happened() const;
    /// Was a file synced again after its sync had failed?
    [[nodiscard]] bool failed_sync_retried() const;

    result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) override;
    result<void> make_directory(const std::string& path) override;
    result<void> sync_directory(const std::string& path) override;
    result<void> rename(const std::string& from, const std::string& to) override;
    result<void> link(const std::string& from, const std::string& to) override;
    result<void> unlink(const std::string& path) override;
    result<std::vector<std::string>> list(const std::string& path) override;
    result<space> free_space(const std::string& path) override;
    result<void> sync_all(const std::string& path) override;

  private:
    class faulty_file;

    /// Counts the call; its error when it is to fail.
    result<void> admit(call kind, const std::string& path);
    [[nodiscard]] bool half_write() const;
    void note_retry();

    memory_file_system& below_;
    watcher watcher_;
    mutable std::mutex mutex_;
    std::optional<fault> fault_;
    std::array<std::uint64_t, call_kinds> counts_{};
    std::array<std::uint64_t, call_kinds> counts_at_fault_{};
    std::uint64_t steps_left_ = 0;
    bool power_off_ = false;
    bool fault_happened_ = false;
    bool failed_sync_retried_ = false;
};

}  // namespace labstore::blob::testing
