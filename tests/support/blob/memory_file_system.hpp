// A file system in memory that knows what of it a power cut would leave: per page what was synced, per directory which
// names were. Limited in size, so that it can be full.
#pragma once

#include "labstore/blob/file_system.hpp"

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace labstore::blob::testing {

inline constexpr std::size_t page_size = 4096;
using page = std::array<std::byte, page_size>;
using page_pointer = std::shared_ptr<page>;  // nullptr: zeros

/// A file or a directory, as it is and as it would be after a power cut.
struct node {
    explicit node(bool is_directory) : directory(is_directory) {}

    const bool directory;

    std::vector<page_pointer> pages;
    std::vector<page_pointer> synced_pages;
    std::set<std::size_t> dirty;
    std::uint64_t size = 0;
    std::uint64_t synced_size = 0;
    bool size_dirty = false;
    std::size_t uses = 0;  // names as they are, and open files: without any its space is given back

    std::map<std::string, std::shared_ptr<node>> names;
    std::map<std::string, std::shared_ptr<node>> synced_names;
};

class memory_file_system;

class memory_file final : public file {
  public:
    /// Called under the lock of `owner`.
    memory_file(memory_file_system& owner, std::shared_ptr<node> what);
    ~memory_file() override;

    result<std::size_t> read(std::uint64_t offset, mutable_byte_span into) override;
    std::size_t read_cached(std::uint64_t offset, mutable_byte_span into) noexcept override;

    bool in_memory(std::uint64_t, std::uint64_t) noexcept override { return true; }

    [[nodiscard]] int descriptor() const noexcept override { return -1; }

    result<void> write(std::uint64_t offset, std::span<const byte_span> pieces) override;
    result<void> sync_data() override;

    void start_write_back(std::uint64_t, std::uint64_t) noexcept override {}

    result<void> allocate(std::uint64_t size_bytes) override;
    result<void> write_zeros(std::uint64_t offset, std::uint64_t size_bytes) override;
    result<std::uint64_t> size_bytes() override;

    /// What ext4 does when a sync fails: the pages count as clean, memory shows the new bytes, the device keeps the old.
    void lose_unsynced();

  private:
    memory_file_system& owner_;
    const std::shared_ptr<node> what_;
};

class memory_file_system final : public file_system {
  public:
    struct behaviour {
        std::uint64_t capacity_bytes = 64 * GiB;
        bool any_sync_carries_names =
            false;  // as a journal does: each sync makes all earlier name changes durable
    };

    memory_file_system() : memory_file_system(behaviour{}) {}

    explicit memory_file_system(behaviour how);

    result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) override;
    result<void> make_directory(const std::string& path) override;
    result<void> sync_directory(const std::string& path) override;
    result<void> rename(const std::string& from, const std::string& to) override;
    result<void> link(const std::string& from, const std::string& to) override;
    result<void> unlink(const std::string& path) override;
    result<std::vector<std::string>> list(const std::string& path) override;
    result<space> free_space(const std::string& path) override;
    result<void> sync_all(const std::string& path) override;

    /// What a power cut now would leave: each unsynced page kept, dropped or torn at 512 bytes, each unsynced change of a
    /// name kept or dropped, as the seed says.
    [[nodiscard]] std::unique_ptr<memory_file_system> after_power_cut(std::uint64_t seed) const;

    /// Nothing is in memory: every read has to wait for the device.
    void set_cold(bool cold) { cold_.store(cold); }

    /// Paths of all files.
    [[nodiscard]] std::vector<std::string> all_files() const;
    [[nodiscard]] std::string content(const std::string& path) const;
    /// Changes bytes behind everybody's back, as rot does.
    void overwrite(const std::string& path, std::uint64_t offset, byte_span bytes);

    [[nodiscard]] std::uint64_t used_bytes() const { return used_pages_.load() * page_size; }

  private:
    friend class memory_file;

    std::shared_ptr<node> find(const std::string& path) const;
    /// The directory that holds `path`, and the last part of it.
    std::pair<std::shared_ptr<node>, std::string> place(const std::string& path) const;
    result<void> resize(node& what, std::uint64_t size_bytes);
    void end_use(node& what);
    void sync_names_of(node& directory);
    static std::size_t read_node(const node& what, std::uint64_t offset, mutable_byte_span into);
    static void write_node(node& what, std::uint64_t offset, byte_span bytes);
    static void sync_node(node& what);

    const behaviour how_;
    mutable std::mutex mutex_;
    std::atomic<std::uint64_t> used_pages_{0};
    std::shared_ptr<node> root_ = std::make_shared<node>(true);
    std::atomic<bool> cold_{false};
};

}  // namespace labstore::blob::testing
