#include "s3/tagging.hpp"

#include "s3/query.hpp"

#include <algorithm>

namespace labstore::s3 {

namespace {

constexpr std::size_t tag_key_characters_max = 128;
constexpr std::size_t tag_value_characters_max = 256;

std::size_t count_characters(std::string_view utf8) noexcept {
    return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

/// Letters, digits and white space of any script and + - = . _ : / @. Scripts are not told apart: every
/// character past ASCII is taken for a letter.
bool is_allowed(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view(" \t+-=._:/@").find(c) != std::string_view::npos;
}

bool is_tag_text(std::string_view text, std::size_t characters_max) noexcept {
    return count_characters(text) <= characters_max && std::all_of(text.begin(), text.end(), is_allowed);
}

}  // namespace

result<tag_list> parse_tagging(std::string_view header) {
    const auto parsed = query_parameters::parse(header);
    if (!parsed)
        return make_error_code(errc::invalid_argument);
    const auto& tags = parsed->all();
    if (tags.size() > object_tags_max)
        return make_error_code(errc::bad_request);
    for (auto tag = tags.begin(); tag != tags.end(); ++tag) {
        const auto& [key, value] = *tag;
        const bool repeated =
            std::any_of(tags.begin(), tag, [&](const auto& earlier) { return earlier.first == key; });
        if (key.empty() || repeated || key.starts_with("aws:") || !is_tag_text(key, tag_key_characters_max) ||
            !is_tag_text(value, tag_value_characters_max))
            return make_error_code(errc::invalid_tag);
    }
    return tags;
}

}  // namespace labstore::s3
