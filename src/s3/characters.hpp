#pragma once

#include <cstddef>
#include <string_view>

namespace labstore::s3 {

/// As AWS counts its limits: code points, not bytes.
[[nodiscard]] std::size_t count_characters(std::string_view utf8) noexcept;

}  // namespace labstore::s3
