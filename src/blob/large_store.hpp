#pragma once

#include "blob/engine.hpp"

#include <bitset>

namespace labstore::blob {

/// The files of large blobs: names, links and footers. Every call may block, save `cached`. Thread-safe.
class large_store {
  public:
    explicit large_store(engine& host) : host_(host) {}

    /// An open file with its checked footer, or nullptr when it is not at hand.
    [[nodiscard]] std::shared_ptr<large_file> cached(const large_locator& where);
    /// no_such_key when the file is gone, corrupt when its footer is not whole.
    [[nodiscard]] result<std::shared_ptr<large_file>> open(const large_locator& where);

    /// Gives a finished and synced temporary file its name, durably in mode commit.
    [[nodiscard]] result<void> publish(const std::string& temporary, const blob_id& id);

    /// The same bytes under another name, for another owner. conflict when the file system cannot link it
    /// (too many names, no hard links): copy then.
    [[nodiscard]] result<large_locator> link(const large_locator& where, const owner& whose);

    /// Unlinks at once: whoever has the file open goes on reading. Not durable: after a crash the sweep finds
    /// it again.
    [[nodiscard]] result<void> remove(const large_locator& where);

  private:
    result<void> make_directories(const blob_id& id);

    engine& host_;
    labstore::mutex directories_mutex_;
    std::bitset<65536> directories_known_;
    std::atomic<std::uint64_t> removals_{0};
};

/// Reads and checks the tail of an open blob file. Blocks.
[[nodiscard]] result<blob_footer> read_blob_footer(file& data);

}  // namespace labstore::blob
