#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace labstore::http {

namespace detail {

enum : std::uint8_t { token_bit = 1, value_bit = 2, target_bit = 4, host_bit = 8 };

constexpr std::array<std::uint8_t, 256> make_character_table() {
    std::array<std::uint8_t, 256> table{};
    const auto set = [&table](std::string_view characters, std::uint8_t bit) {
        for (const char c : characters)
            table[static_cast<unsigned char>(c)] |= bit;
    };
    constexpr std::string_view letters_and_digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    set(letters_and_digits, token_bit | host_bit);
    set("!#$%&'*+-.^_`|~", token_bit);
    // RFC 3986 3.2.2 without the comma: a listed Host is two Hosts folded into one by somebody on the way.
    set("-._~!$&'()*+;=:[]%", host_bit);
    for (unsigned c = 0x20; c < 256; ++c)
        if (c != 0x7f)
            table[c] |= value_bit;
    table['\t'] |= value_bit;
    for (unsigned c = 0x21; c < 0x7f; ++c)
        if (c != '#')
            table[c] |= target_bit;
    return table;
}

inline constexpr auto character_table = make_character_table();

}  // namespace detail

/// RFC 9110 5.6.2: what header names and methods are made of.
[[nodiscard]] constexpr bool is_token_character(char c) noexcept {
    return (detail::character_table[static_cast<unsigned char>(c)] & detail::token_bit) != 0;
}

/// What a header value may hold: visible ASCII, space, tab and bytes from 0x80 (x-amz-meta values are UTF-8).
[[nodiscard]] constexpr bool is_value_character(char c) noexcept {
    return (detail::character_table[static_cast<unsigned char>(c)] & detail::value_bit) != 0;
}

/// What a request target may hold: visible ASCII but '#', which would be a fragment.
[[nodiscard]] constexpr bool is_target_character(char c) noexcept {
    return (detail::character_table[static_cast<unsigned char>(c)] & detail::target_bit) != 0;
}

/// What a Host may hold.
[[nodiscard]] constexpr bool is_host_character(char c) noexcept {
    return (detail::character_table[static_cast<unsigned char>(c)] & detail::host_bit) != 0;
}

}  // namespace labstore::http
