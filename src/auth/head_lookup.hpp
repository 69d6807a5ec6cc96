// Look-ups in a request's header list, and the dates found there.
#pragma once

#include "labstore/base.hpp"
#include "labstore/http.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace labstore::auth {

struct field_lookup {
    std::size_t count = 0;
    std::string_view value;  // of the first one

    [[nodiscard]] bool is_single() const noexcept { return count == 1; }
};

[[nodiscard]] field_lookup look_up(const http::request_head& head, std::string_view name) noexcept;

/// Starts with "x-amz-" in any case.
[[nodiscard]] bool is_amz_header(std::string_view name) noexcept;

struct signing_time {
    wall_time time;
    amz_date_text amz_date;  // "20130524T000000Z"
};

/// From that form, or one of HTTP's date forms (zones GMT, UTC, +0000, -0000). nullopt before 1970.
[[nodiscard]] std::optional<signing_time> parse_signing_time(std::string_view text);

/// The field that says when a header-signed request was signed: x-amz-date, or Date where that is absent.
[[nodiscard]] field_lookup find_date(const http::request_head& head) noexcept;

/// The time a header-signed request says it was signed at, from `find_date`.
/// missing_security_header when there is none that can be read, or more than one.
[[nodiscard]] result<signing_time> find_signing_time(const http::request_head& head);

}  // namespace labstore::auth
