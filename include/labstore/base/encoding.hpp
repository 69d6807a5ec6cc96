#pragma once

#include "labstore/base/bytes.hpp"
#include "labstore/base/result.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace labstore {

[[nodiscard]] std::string to_hex(byte_span bytes);
/// The same into `out`, which has room for two characters a byte.
void write_hex(byte_span bytes, char* out) noexcept;
void append_hex(std::string& out, byte_span bytes);

/// The same of a value of fixed size, without taking memory.
template <std::size_t Size>
[[nodiscard]] std::array<char, 2 * Size> hex_digits(const std::array<std::byte, Size>& value) noexcept {
    std::array<char, 2 * Size> out;
    write_hex(value, out.data());
    return out;
}

/// Accepts both cases; nullopt for an odd length or a foreign character.
[[nodiscard]] std::optional<std::string> from_hex(std::string_view text);

/// RFC 4648 with padding.
[[nodiscard]] std::string to_base64(byte_span bytes);
/// Strict: right length, right padding, no white space, no stray bits.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

/// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing past U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

enum class plus_sign { keep, is_space };
/// Percent-decoding once. nullopt for a broken escape. In S3 a '+' in a path is a plus; in a query it is a
/// space.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, plus_sign plus);

enum class keep_slash { no, yes };
/// The AWS form: everything but A-Z a-z 0-9 - _ . ~ becomes %XX with upper-case hex.
[[nodiscard]] std::string percent_encode(std::string_view text, keep_slash slash);
void append_percent_encoded(std::string& out, std::string_view text, keep_slash slash);

/// Decimal digits only, no sign, no space; nullopt when empty or past the type's range.
[[nodiscard]] std::optional<std::uint64_t> parse_decimal(std::string_view text) noexcept;

/// ASCII only.
[[nodiscard]] std::string to_lower(std::string_view text);
[[nodiscard]] bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept;

[[nodiscard]] inline bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) noexcept {
    return text.size() >= prefix.size() && equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

/// Without leading and trailing spaces and tabs.
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

}  // namespace labstore
