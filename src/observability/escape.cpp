#include "observability/escape.hpp"

#include <array>
#include <cstdint>

namespace labstore::log {
namespace {

constexpr std::uint32_t not_utf8 = 0xFFFFFFFF;

struct character {
    std::uint32_t code_point = 0;
    std::size_t size_bytes = 1;
};

/// The character at the front; a lone byte with `not_utf8` when it does not begin a well-formed one (RFC
/// 3629).
character first_character(std::string_view text) {
    const auto byte = [text](std::size_t i) {
        return static_cast<unsigned char>(text[i]);
    };
    const std::uint32_t lead = byte(0);
    if (lead < 0x80)
        return {lead, 1};
    const std::size_t size_bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < size_bytes)
        return {not_utf8, 1};
    std::uint32_t code_point = lead & (0xFFU >> (size_bytes + 1));
    for (std::size_t i = 1; i < size_bytes; ++i) {
        if ((byte(i) & 0xC0) != 0x80)
            return {not_utf8, 1};
        code_point = (code_point << 6) | (byte(i) & 0x3FU);
    }
    constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
    if (code_point < least[size_bytes] || surrogate || code_point > 0x10FFFF)
        return {not_utf8, 1};
    return {code_point, size_bytes};
}

/// Controls of ASCII and Latin-1, line and paragraph separators, and the marks that turn the reading
/// direction.
bool is_dangerous(std::uint32_t code_point) {
    return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0) || code_point == 0x200E ||
           code_point == 0x200F || (code_point >= 0x2028 && code_point <= 0x202E) ||
           (code_point >= 0x2066 && code_point <= 0x2069) || code_point == 0xFEFF;
}

void append_hex(std::string& out, std::string_view introduction, std::uint32_t value, int digits) {
    out += introduction;
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
        out.push_back("0123456789abcdef"[(value >> shift) & 0xF]);
}

/// The escapes that both formats share.
void append_escape(std::string& out, std::uint32_t code_point) {
    switch (code_point) {
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\t':
            out += "\\t";
            break;
        case '"':
            out += "\\\"";
            break;
        case '\\':
            out += "\\\\";
            break;
        default:
            append_hex(out, "\\u", code_point, 4);
    }
}

/// `append_broken` writes a byte that is not UTF-8.
template <typename AppendBroken>
void append_escaped(std::string& out, std::string_view text, AppendBroken append_broken) {
    while (!text.empty()) {
        const auto next = first_character(text);
        if (next.code_point == not_utf8)
            append_broken(static_cast<unsigned char>(text.front()));
        else if (is_dangerous(next.code_point) || next.code_point == '"' || next.code_point == '\\')
            append_escape(out, next.code_point);
        else
            out += text.substr(0, next.size_bytes);
        text.remove_prefix(next.size_bytes);
    }
}

bool is_plain_word(std::string_view text) {
    for (const char c : text)
        if (c <= ' ' || c >= 0x7F || c == '"' || c == '=' || c == '\\')
            return false;
    return !text.empty();
}

}  // namespace

void append_json_escaped(std::string& out, std::string_view text) {
    append_escaped(out, text, [&out](unsigned char) { out += "\\ufffd"; });
}

void append_text_word(std::string& out, std::string_view text) {
    if (is_plain_word(text)) {
        out += text;
        return;
    }
    out.push_back('"');
    append_text_phrase(out, text);
    out.push_back('"');
}

void append_text_phrase(std::string& out, std::string_view text) {
    append_escaped(out, text, [&out](unsigned char byte) { append_hex(out, "\\x", byte, 2); });
}

}  // namespace labstore::log
