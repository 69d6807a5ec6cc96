// Room kept back for the index on a device that others may fill.
#pragma once

#include "labstore/base.hpp"

#include <rocksdb/env.h>

#include <atomic>
#include <string>

namespace labstore::meta {

/// A file of zeros beside the tables. When the device runs full, whoever filled it, the file is given up, and
/// changes (deletes above all, which bring space back) go on in its room. `restore` makes it again when there
/// is plenty. `ensure_room` and `restore` may run on different threads.
class ballast {
  public:
    /// At most a sixteenth of the file system that holds `folder`.
    ballast(std::string folder, rocksdb::Env& env);

    /// True when `size_bytes` and the floor below which nothing is begun are free, giving the file up if need
    /// be.
    [[nodiscard]] bool ensure_room(std::uint64_t size_bytes);

    /// False when there was nothing to give.
    bool give_up();

    /// Makes the file when it is missing and four times its size is free. Blocks while writing it.
    void restore();

    [[nodiscard]] std::uint64_t size_bytes() const noexcept { return size_bytes_; }

  private:
    [[nodiscard]] std::uint64_t free_bytes() const;
    [[nodiscard]] bool write_file();

    const std::string folder_;
    const std::string file_;
    rocksdb::Env& env_;
    std::uint64_t size_bytes_ = 0;
    std::atomic<bool> held_{false};
};

}  // namespace labstore::meta
