#include "labstore/base/encoding.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace labstore {
namespace {

constexpr std::string_view hex_lower = "0123456789abcdef";
constexpr std::string_view hex_upper = "0123456789ABCDEF";
constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

constexpr std::array<signed char, 256> make_base64_values() {
    std::array<signed char, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < base64_alphabet.size(); ++i)
        values[static_cast<unsigned char>(base64_alphabet[i])] = static_cast<signed char>(i);
    return values;
}

constexpr auto base64_values = make_base64_values();

bool is_unreserved(char c) noexcept {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

constexpr std::array<char, 256> make_lower_case() {
    std::array<char, 256> lower_case{};
    for (std::size_t c = 0; c < lower_case.size(); ++c)
        lower_case[c] = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return lower_case;
}

constexpr auto lower_case = make_lower_case();

char lower(char c) noexcept {
    return lower_case[static_cast<unsigned char>(c)];
}

/// Both digits of each byte.
constexpr std::array<std::array<char, 2>, 256> make_hex_pairs() {
    std::array<std::array<char, 2>, 256> pairs{};
    for (std::size_t byte = 0; byte < pairs.size(); ++byte)
        pairs[byte] = {hex_lower[byte >> 4], hex_lower[byte & 15]};
    return pairs;
}

constexpr auto hex_pairs = make_hex_pairs();

/// Length of the well-formed sequence at the front, 0 when it is not one.
std::size_t utf8_sequence(std::string_view text) noexcept {
    const auto at = [&](std::size_t i) {
        return static_cast<unsigned char>(text[i]);
    };
    const auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
        return i < text.size() && at(i) >= low && at(i) <= high;
    };
    const unsigned first = at(0);
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        return continues(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
        const unsigned high = first == 0xED ? 0x9F : 0xBF;
        return continues(1, low, high) && continues(2) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const unsigned low = first == 0xF0 ? 0x90 : 0x80;
        const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
        return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
    }
    return 0;
}

}  // namespace

void write_hex(byte_span bytes, char* out) noexcept {
    for (const auto byte : bytes) {
        const auto& pair = hex_pairs[std::to_integer<std::uint8_t>(byte)];
        *out++ = pair[0];
        *out++ = pair[1];
    }
}

void append_hex(std::string& out, byte_span bytes) {
    const auto before = out.size();
    out.resize(before + bytes.size() * 2);
    write_hex(bytes, out.data() + before);
}

std::string to_hex(byte_span bytes) {
    std::string out;
    append_hex(out, bytes);
    return out;
}

std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0)
        return std::nullopt;
    std::string out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_digit(text[i]);
        const int low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0)
            return std::nullopt;
        out.push_back(static_cast<char>(high * 16 + low));
    }
    return out;
}

std::string to_base64(byte_span bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    std::size_t i = 0;
    for (; i + 2 < bytes.size(); i += 3) {
        const auto group = static_cast<unsigned>(bytes[i]) << 16 | static_cast<unsigned>(bytes[i + 1]) << 8 |
                           static_cast<unsigned>(bytes[i + 2]);
        for (int shift = 18; shift >= 0; shift -= 6)
            out.push_back(base64_alphabet[(group >> shift) & 63]);
    }
    if (const auto left = bytes.size() - i; left > 0) {
        auto group = static_cast<unsigned>(bytes[i]) << 16;
        if (left == 2)
            group |= static_cast<unsigned>(bytes[i + 1]) << 8;
        out.push_back(base64_alphabet[(group >> 18) & 63]);
        out.push_back(base64_alphabet[(group >> 12) & 63]);
        out.push_back(left == 2 ? base64_alphabet[(group >> 6) & 63] : '=');
        out.push_back('=');
    }
    return out;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0)
        return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=')
        ++padding;
    std::string out;
    out.reserve(text.size() / 4 * 3);
    unsigned group = 0;
    const auto digits = text.size() - padding;
    for (std::size_t i = 0; i < text.size(); ++i) {
        int value = 0;
        if (i < digits) {
            value = base64_values[static_cast<unsigned char>(text[i])];
            if (value < 0)
                return std::nullopt;
        }
        group = group << 6 | static_cast<unsigned>(value);
        if (i % 4 == 3) {
            out.push_back(static_cast<char>(group >> 16));
            out.push_back(static_cast<char>(group >> 8));
            out.push_back(static_cast<char>(group));
            group &= 0xFFFFFF;
            if (i + 1 == text.size()) {
                const unsigned stray = padding == 2 ? group & 0xFFFF : padding == 1 ? group & 0xFF : 0;
                if (stray != 0)
                    return std::nullopt;
            }
            group = 0;
        }
    }
    out.resize(out.size() - padding);
    return out;
}

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto length = utf8_sequence(text);
        if (length == 0)
            return false;
        text.remove_prefix(length);
    }
    return true;
}

std::optional<std::string> percent_decode(std::string_view text, plus_sign plus) {
    // Most have nothing to decode.
    if (text.find_first_of(plus == plus_sign::is_space ? "%+" : "%") == std::string_view::npos)
        return std::string(text);
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (i + 2 >= text.size())
                return std::nullopt;
            const int high = hex_digit(text[i + 1]);
            const int low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0)
                return std::nullopt;
            out.push_back(static_cast<char>(high * 16 + low));
            i += 2;
        } else if (text[i] == '+' && plus == plus_sign::is_space) {
            out.push_back(' ');
        } else {
            out.push_back(text[i]);
        }
    }
    return out;
}

void append_percent_encoded(std::string& out, std::string_view text, keep_slash slash) {
    for (const char c : text) {
        if (is_unreserved(c) || (c == '/' && slash == keep_slash::yes)) {
            out.push_back(c);
        } else {
            out.push_back('%');
            out.push_back(hex_upper[static_cast<unsigned char>(c) >> 4]);
            out.push_back(hex_upper[static_cast<unsigned char>(c) & 15]);
        }
    }
}

std::string percent_encode(std::string_view text, keep_slash slash) {
    std::string out;
    out.reserve(text.size() + text.size() / 4);
    append_percent_encoded(out, text, slash);
    return out;
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) noexcept {
    if (text.empty())
        return std::nullopt;
    std::uint64_t value = 0;
    constexpr auto limit = std::numeric_limits<std::uint64_t>::max();
    for (const char c : text) {
        if (c < '0' || c > '9')
            return std::nullopt;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (value > (limit - digit) / 10)
            return std::nullopt;
        value = value * 10 + digit;
    }
    return value;
}

std::string to_lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), lower);
    return out;
}

bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept {
    if (left.size() != right.size())
        return false;
    // Names are mostly written alike.
    for (std::size_t i = 0; i < left.size(); ++i)
        if (left[i] != right[i] && lower(left[i]) != lower(right[i]))
            return false;
    return true;
}

std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

}  // namespace labstore
