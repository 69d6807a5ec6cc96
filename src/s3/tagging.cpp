#include "s3/tagging.hpp"

#include "s3/characters.hpp"
#include "s3/payload_reader.hpp"
#include "s3/query.hpp"
#include "s3/xml/config_requests.hpp"
#include "s3/xml/writer.hpp"

#include <algorithm>

namespace labstore::s3 {

namespace {

constexpr std::size_t tag_key_characters_max = 128;
constexpr std::size_t tag_value_characters_max = 256;

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

/// Why AWS would refuse the tag; empty when it would not.
std::string_view refusal_of(std::string_view key, std::string_view value) noexcept {
    if (key.empty() || !is_tag_text(key, tag_key_characters_max))
        return "The TagKey you have provided is invalid";
    if (key.starts_with("aws:"))
        return "System tags cannot be added/updated by requester";
    if (!is_tag_text(value, tag_value_characters_max))
        return "The TagValue you have provided is invalid";
    return {};
}

bool is_repeated(const tag_list& tags, tag_list::const_iterator tag) {
    return std::any_of(tags.begin(), tag, [&](const auto& earlier) { return earlier.first == tag->first; });
}

}  // namespace

result<tag_list> parse_tagging(std::string_view header) {
    const auto parsed = query_parameters::parse(header);
    if (!parsed)
        return make_error_code(errc::invalid_argument);
    const auto& tags = parsed->all();
    if (tags.size() > object_tags_max)
        return make_error_code(errc::bad_request);
    for (auto tag = tags.begin(); tag != tags.end(); ++tag)
        if (is_repeated(tags, tag) || !refusal_of(tag->first, tag->second).empty())
            return make_error_code(errc::invalid_tag);
    return tags;
}

result<void> check_tags(call& request, const tag_list& tags, std::size_t tags_max) {
    if (tags.size() > tags_max)
        return request.fail(
            errc::invalid_tag,
            (tags_max == object_tags_max ? "Object tags cannot be greater than "
                                         : "Bucket tag count cannot be greater than ") +
                std::to_string(tags_max)
        );
    for (auto tag = tags.begin(); tag != tags.end(); ++tag) {
        auto why = refusal_of(tag->first, tag->second);
        if (is_repeated(tags, tag))
            why = "Cannot provide multiple Tags with the same key";
        if (why.empty())
            continue;
        request.detail.elements.emplace_back("TagKey", tag->first);
        return request.fail(errc::invalid_tag, std::string(why));
    }
    return {};
}

awaitable<result<tag_list>> receive_tags(call& request, std::size_t tags_max) {
    auto reading = receive_document(request, request.settings.xml_size_bytes_max);
    const auto text = co_await std::move(reading);
    LABSTORE_CO_TRY(text);
    auto tags = xml::parse_tagging(*text);
    LABSTORE_CO_TRY(tags);
    const auto valid = check_tags(request, *tags, tags_max);
    LABSTORE_CO_TRY(valid);
    co_return tags;
}

std::string tagging_document(tag_list tags) {
    // As AWS shows them, in whatever order they came.
    std::sort(tags.begin(), tags.end());
    xml::writer out;
    out.open_root("Tagging");
    out.open("TagSet");
    for (const auto& [key, value] : tags) {
        out.open("Tag");
        out.element("Key", key);
        out.element("Value", value);
        out.close("Tag");
    }
    out.close("TagSet");
    out.close("Tagging");
    return out.take();
}

}  // namespace labstore::s3
