#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace labstore {

/// Wall time in nanoseconds since 1970-01-01 UTC. S3 shows milliseconds in XML and seconds in headers.
using wall_time = std::chrono::sys_time<std::chrono::nanoseconds>;

/// Where wall time comes from; tests supply their own. Thread-safe.
class clock {
  public:
    virtual ~clock() = default;
    [[nodiscard]] virtual wall_time now() const noexcept = 0;
};

/// The system's real-time clock; lives as long as the program.
[[nodiscard]] const clock& system_clock() noexcept;

/// "Sun, 22 Nov 2026 16:00:00 GMT" (RFC 9110 IMF-fixdate).
using http_date_text = std::array<char, 29>;
[[nodiscard]] http_date_text http_date(wall_time time) noexcept;
[[nodiscard]] std::string format_http_date(wall_time time);
/// All three forms of RFC 9110; nullopt otherwise.
[[nodiscard]] std::optional<wall_time> parse_http_date(std::string_view text);

/// "2026-11-22T16:00:00.000Z", the form of S3's XML.
using iso8601_text = std::array<char, 24>;
[[nodiscard]] iso8601_text iso8601(wall_time time) noexcept;
[[nodiscard]] std::string format_iso8601(wall_time time);
/// With or without a fraction, 'Z' or an offset; nullopt otherwise.
[[nodiscard]] std::optional<wall_time> parse_iso8601(std::string_view text);

/// "20261122T160000Z", the form of x-amz-date.
using amz_date_text = std::array<char, 16>;
[[nodiscard]] amz_date_text amz_date(wall_time time) noexcept;
[[nodiscard]] std::string format_amz_date(wall_time time);
[[nodiscard]] std::optional<wall_time> parse_amz_date(std::string_view text);

}  // namespace labstore
