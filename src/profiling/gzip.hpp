#pragma once

#include <string>
#include <string_view>

namespace labstore::profiling {

/// RFC 1952, at zlib's fastest level: profiles repeat themselves, and nobody waits for a few bytes.
[[nodiscard]] std::string gzip(std::string_view bytes);

}  // namespace labstore::profiling
