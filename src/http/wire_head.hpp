#pragma once

#include "labstore/http.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace labstore::http {

[[nodiscard]] std::string_view reason_phrase(unsigned status) noexcept;

/// 1xx, 204 and 304 have neither a body nor a length.
[[nodiscard]] constexpr bool status_has_body(unsigned status) noexcept {
    return status >= 200 && status != 204 && status != 304;
}

/// The Date field's value, formatted once a second. One per I/O thread.
class date_cache {
  public:
    [[nodiscard]] std::string_view now();

  private:
    std::int64_t second_ = -1;
    std::string text_;
};

/// What http itself adds to a response head.
struct wire_fields {
    std::string_view server_name;
    std::string_view date;
    std::string_view request_id;
    std::string_view host_id;
    std::optional<std::uint64_t> content_length = std::nullopt;
    bool chunked = false;
    bool close = false;
    bool announce_keep_alive = false;  // to an HTTP/1.0 client that asked for it
};

/// Overwrites `out` with the complete head, the empty line included.
void write_wire_head(std::string& out, const response_head& head, const wire_fields& fields);

}  // namespace labstore::http
