#include "s3/xml/writer.hpp"

#include "labstore/base.hpp"

#include <array>

namespace labstore::s3::xml {

namespace {

constexpr std::string_view s3_namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

constexpr std::array<bool, 256> make_special() {
    std::array<bool, 256> special{};
    for (std::size_t c = 0; c < 0x20; ++c)
        special[c] = c != '\t' && c != '\n';
    for (const unsigned char c : std::string_view("&<>\"'"))
        special[c] = true;
    special[0xEF] = true;  // the lead byte of U+FFFE and U+FFFF, which XML 1.0 forbids
    return special;
}

constexpr auto special = make_special();

void append_reference(std::string& out, unsigned value) {
    char digits[8];
    const auto end = std::to_chars(digits, digits + sizeof digits, value, 16).ptr;
    out += "&#x";
    for (const char* digit = digits; digit != end; ++digit)
        out += *digit >= 'a' ? static_cast<char>(*digit - 'a' + 'A') : *digit;
    out += ';';
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
    std::size_t plain = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (!special[byte])
            continue;
        if (byte == 0xEF && text.substr(i, 3) != "\xEF\xBF\xBE" && text.substr(i, 3) != "\xEF\xBF\xBF")
            continue;
        out += text.substr(plain, i - plain);
        switch (byte) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&apos;";
                break;
            case 0xEF:
                append_reference(out, text[i + 2] == '\xBE' ? 0xFFFE : 0xFFFF);
                i += 2;
                break;
            default:
                append_reference(out, byte);
                break;
        }
        plain = i + 1;
    }
    out += text.substr(plain);
}

writer::writer(std::size_t bytes_expected) {
    out_.reserve(bytes_expected);
    out_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
}

void writer::open_root(std::string_view name) {
    out_ += '<';
    out_ += name;
    out_ += " xmlns=\"";
    out_ += s3_namespace;
    out_ += "\">";
}

void writer::open_with(std::string_view name, std::string_view attributes) {
    out_ += '<';
    out_ += name;
    out_ += ' ';
    out_ += attributes;
    out_ += '>';
}

void writer::element(std::string_view name, std::string_view text) {
    open(name);
    append_escaped(out_, text);
    close(name);
}

void writer::encoded_element(std::string_view name, std::string_view text) {
    open(name);
    append_percent_encoded(out_, text, keep_slash::yes);
    close(name);
}

void writer::etag_element(std::string_view etag) {
    open("ETag");
    out_ += "&quot;";
    append_escaped(out_, etag);
    out_ += "&quot;";
    close("ETag");
}

void writer::tag(std::string_view opening, std::string_view name) {
    out_ += opening;
    out_ += name;
    out_ += '>';
}

}  // namespace labstore::s3::xml
