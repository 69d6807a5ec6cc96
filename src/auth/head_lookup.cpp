#include "auth/head_lookup.hpp"

#include <algorithm>
#include <string>

namespace labstore::auth {
namespace {

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

/// A run of four digits, or of eight (a date that starts with its year), below 1970. Asked before the text is parsed,
/// because wall_time does not reach back as far as the years that can be written. A final "0000" is a zone.
bool names_early_year(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto start = std::ranges::find_if(text, is_digit);
        text.remove_prefix(static_cast<std::size_t>(start - text.begin()));
        const auto size = static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
        if ((size == 4 || size == 8) && text.substr(0, 4) < "1970" && text != "0000")
            return true;
        text.remove_prefix(size);
    }
    return false;
}

}  // namespace

field_lookup look_up(const http::request_head& head, std::string_view name) noexcept {
    field_lookup found;
    for (const auto& field : head.headers) {
        if (field.name.size() != name.size() || !equal_ignoring_case(field.name, name))
            continue;
        if (found.count++ == 0)
            found.value = field.value;
    }
    return found;
}

bool is_amz_header(std::string_view name) noexcept {
    constexpr std::string_view prefix = "x-amz-";
    return name.size() > prefix.size() && starts_with_ignoring_case(name, prefix);
}

std::optional<signing_time> parse_signing_time(std::string_view text) {
    if (names_early_year(text))
        return std::nullopt;
    if (const auto time = parse_amz_date(text)) {
        // As it was sent: a leap second (60) is signed as that.
        signing_time found{*time, {}};
        std::ranges::copy(text, found.amz_date.begin());
        return found;
    }
    std::string date(text);
    // Python's e-mail dates, which botocore sends, write the zone of UTC as an unknown one.
    constexpr std::string_view unknown_zone = "-0000";
    if (date.ends_with(unknown_zone))
        date.replace(date.size() - unknown_zone.size(), unknown_zone.size(), "GMT");
    if (const auto time = parse_http_date(date))
        return signing_time{*time, amz_date(*time)};
    return std::nullopt;
}

field_lookup find_date(const http::request_head& head) noexcept {
    const auto amz_date = look_up(head, "x-amz-date");
    return amz_date.count != 0 ? amz_date : look_up(head, "date");
}

result<signing_time> find_signing_time(const http::request_head& head) {
    const auto date = find_date(head);
    if (!date.is_single())
        return errc::missing_security_header;
    auto time = parse_signing_time(date.value);
    if (!time)
        return errc::missing_security_header;
    return std::move(*time);
}

}  // namespace labstore::auth
