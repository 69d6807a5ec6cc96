#pragma once

#include "labstore/config.hpp"

#include <string>

namespace labstore::server {

/// "commit", "interval=1000", "none".
[[nodiscard]] std::string durability_name(const config::settings& settings);

/// What a power cut can lose in this mode, as docs/durability.md says it.
[[nodiscard]] std::string durability_loss(const config::settings& settings);

}  // namespace labstore::server
