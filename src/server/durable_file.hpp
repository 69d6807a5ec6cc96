#pragma once

#include "labstore/base.hpp"

#include <string>
#include <string_view>

/// Small files that are whole or not there, whatever happens while they are written.
namespace labstore::server {

/// Writes `name` in the folder `folder_fd` with mode 0600: under a temporary name, synced, renamed, and the
/// folder synced. An existing file is replaced whole.
[[nodiscard]] result<void> write_durably(int folder_fd, const std::string& name, std::string_view text);

/// The whole file, at most `size_bytes_max` bytes (too_large past it). The system's error when it cannot be
/// opened: ENOENT is told by `is_missing`.
[[nodiscard]] result<std::string> read_small(
    int folder_fd, const std::string& name, std::size_t size_bytes_max
);

[[nodiscard]] bool is_missing(const error_code& error) noexcept;

/// The name a file has while it is being written.
[[nodiscard]] std::string temporary_name(const std::string& name);

}  // namespace labstore::server
