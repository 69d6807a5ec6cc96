// The seam between the blob engine and the device: every file call of the engine passes here, so that tests
// can run it on memory, fail any call, and cut the power between any two.
#pragma once

#include "labstore/base.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace labstore::blob {

/// How a file is opened. `create` fails with conflict when the name exists.
enum class open_mode { read, read_write, create };

/// An open file. Thread-safe as far as the ranges of concurrent calls do not overlap. Closing does not sync.
class file {
  public:
    virtual ~file() = default;

    /// Fills `into` from `offset`, waiting for the device if need be. Fewer bytes only at the end of the
    /// file.
    [[nodiscard]] virtual result<std::size_t> read(std::uint64_t offset, mutable_byte_span into) = 0;

    /// What of `into` can be had from memory without waiting; often fewer bytes, or 0. Never a reason to
    /// fail.
    [[nodiscard]] virtual std::size_t read_cached(std::uint64_t offset, mutable_byte_span into) noexcept = 0;

    /// Can the range be had without the device at this moment? False when that cannot be told, as for more than 2 MiB.
    [[nodiscard]] virtual bool in_memory(std::uint64_t offset, std::uint64_t size_bytes) noexcept = 0;

    /// For system calls that send from a file; -1 when there is none. Open as long as this is.
    [[nodiscard]] virtual int descriptor() const noexcept = 0;

    /// Writes the pieces one after the other from `offset`: all of them or an error (part of them may then be
    /// there).
    [[nodiscard]] virtual result<void> write(std::uint64_t offset, std::span<const byte_span> pieces) = 0;

    /// Contents and size are durable when it returns. After a failure the unwritten bytes are lost to the
    /// device while memory may still show them: never call it again on the same file.
    [[nodiscard]] virtual result<void> sync_data() = 0;

    /// A hint to start writing a range back now, so that a later sync is short.
    virtual void start_write_back(std::uint64_t offset, std::uint64_t size_bytes) noexcept = 0;

    /// Takes room for the first `size_bytes` and sets the size; the bytes read as zeros.
    [[nodiscard]] virtual result<void> allocate(std::uint64_t size_bytes) = 0;

    /// Writes zeros, past the page cache where the device takes that. Offset and size are multiples of 4,096.
    [[nodiscard]] virtual result<void> write_zeros(std::uint64_t offset, std::uint64_t size_bytes) = 0;

    [[nodiscard]] virtual result<std::uint64_t> size_bytes() = 0;
};

/// Bytes of the file system that holds a path.
struct space {
    std::uint64_t total_bytes = 0;
    std::uint64_t available_bytes = 0;
};

/// Names and directories. Thread-safe. Errors: no_such_key for a missing name, conflict for one that exists,
/// full, busy when the process has no descriptor left, io_error for the rest. A change of names is durable
/// only after `sync_directory` of each directory concerned.
class file_system {
  public:
    virtual ~file_system() = default;

    /// Reads are advised to be random: nothing is read ahead of what is asked for.
    [[nodiscard]] virtual result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) = 0;

    /// Success when the directory exists already.
    [[nodiscard]] virtual result<void> make_directory(const std::string& path) = 0;
    [[nodiscard]] virtual result<void> sync_directory(const std::string& path) = 0;

    /// Replaces `to`.
    [[nodiscard]] virtual result<void> rename(const std::string& from, const std::string& to) = 0;
    /// A second name for the same file; conflict when `to` exists.
    [[nodiscard]] virtual result<void> link(const std::string& from, const std::string& to) = 0;
    [[nodiscard]] virtual result<void> unlink(const std::string& path) = 0;

    /// Names in a directory in no order, without "." and "..".
    [[nodiscard]] virtual result<std::vector<std::string>> list(const std::string& path) = 0;

    [[nodiscard]] virtual result<space> free_space(const std::string& path) = 0;

    /// Everything written so far to the file system of `path` is durable, names included.
    [[nodiscard]] virtual result<void> sync_all(const std::string& path) = 0;
};

}  // namespace labstore::blob
