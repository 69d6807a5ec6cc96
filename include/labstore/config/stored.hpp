#pragma once

#include "labstore/base.hpp"
#include "labstore/crypto.hpp"

#include <string>
#include <string_view>

/// The texts of the two small JSON files at the top of a storage path. Texts only: server reads and writes the
/// files. docs/data-on-disk.md describes them.
namespace labstore::config {

/// What this program writes and the newest it can read.
inline constexpr std::uint64_t storage_format_version = 1;

/// format.json: {"format_version": 1, "deployment_id": "32 hex digits"}.
struct storage_format {
    std::uint64_t version = storage_format_version;
    std::string deployment_id;
};

[[nodiscard]] std::string to_text(const storage_format& format);
/// newer_format when a later version of the program wrote it, corrupt when it is not the document above.
[[nodiscard]] result<storage_format> parse_storage_format(std::string_view text);

/// credentials.json: {"access_key": "...", "secret_key": "..."}.
struct stored_credential {
    std::string access_key;
    crypto::secret secret_key;
};

[[nodiscard]] std::string to_text(const stored_credential& credential);
/// corrupt when it is not the document above.
[[nodiscard]] result<stored_credential> parse_stored_credential(std::string_view text);

}  // namespace labstore::config
