#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace labstore::s3::xml {

/// Appends `text` with everything escaped that would be read as markup or lost by a parser. Characters that
/// XML 1.0 has no place for become character references (&#x1;), as AWS sends them for such keys.
void append_escaped(std::string& out, std::string_view text);

/// Writes a document front to back into one string; keeps no tree. Names are literals without markup.
class writer {
  public:
    /// `bytes_expected` is what the document will take, roughly; it may take more.
    explicit writer(std::size_t bytes_expected = 512);

    /// The root element in S3's namespace.
    void open_root(std::string_view name);

    /// The root element of an error document, which has no namespace.
    void open_plain(std::string_view name) { open(name); }

    void open(std::string_view name) { tag("<", name); }

    void close(std::string_view name) { tag("</", name); }

    void element(std::string_view name, std::string_view text);

    void element(std::string_view name, const char* text) { element(name, std::string_view(text)); }

    void element(std::string_view name, const std::string& text) { element(name, std::string_view(text)); }

    void element(std::string_view name, std::same_as<bool> auto value) {
        element(name, std::string_view(value ? "true" : "false"));
    }

    template <std::unsigned_integral Number>

    requires(!std::same_as<Number, bool>) void element(std::string_view name, Number value) {
        char digits[24];
        const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
        element(name, std::string_view(digits, static_cast<std::size_t>(end - digits)));
    }

    /// An element whose text is percent-encoded (encoding-type=url), which leaves nothing to be escaped.
    void encoded_element(std::string_view name, std::string_view text);

    /// Escaped text inside the element that is open.
    void text(std::string_view content) { append_escaped(out_, content); }

    /// Markup that is ours and already well-formed.
    void markup(std::string_view content) { out_ += content; }

    /// An ETag in its quotes.
    void etag_element(std::string_view etag);

    /// An element that needs an attribute, already in wire form (`xsi:type="..."`).
    void open_with(std::string_view name, std::string_view attributes);

    [[nodiscard]] std::string take() { return std::move(out_); }

  private:
    void tag(std::string_view opening, std::string_view name);

    std::string out_;
};

}  // namespace labstore::s3::xml
