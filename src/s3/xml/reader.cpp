#include "s3/xml/reader.hpp"

namespace labstore::s3::xml {

namespace {

/// "&#0;", "&#x00;" and their like: the parser's strings end at a NUL, so such a key would become another.
bool holds_nul(std::string_view text) noexcept {
    if (text.find('\0') != std::string_view::npos)
        return true;
    for (auto at = text.find("&#"); at != std::string_view::npos; at = text.find("&#", at + 2)) {
        auto digit = at + 2;
        if (digit < text.size() && (text[digit] == 'x' || text[digit] == 'X'))
            ++digit;
        const auto end = text.find_first_not_of('0', digit);
        if (end != digit && end != std::string_view::npos && text[end] == ';')
            return true;
    }
    return false;
}

/// Walks without recursion, so that a hostile document cannot exhaust the stack.
bool too_deep(const pugi::xml_node& root) noexcept {
    std::size_t depth = 1;
    for (auto node = root; node;) {
        if (node.first_child()) {
            node = node.first_child();
            if (++depth > depth_max)
                return true;
            continue;
        }
        while (node != root && !node.next_sibling()) {
            node = node.parent();
            --depth;
        }
        if (node == root)
            return false;
        node = node.next_sibling();
    }
    return false;
}

}  // namespace

result<document> document::parse(std::string_view text, std::string_view root_name) {
    if (!is_utf8(text) || holds_nul(text) || text.find("<!DOCTYPE") != std::string_view::npos)
        return make_error_code(errc::malformed_xml);
    document made;
    constexpr unsigned flags = pugi::parse_default | pugi::parse_ws_pcdata_single;
    if (!made.tree_.load_buffer(text.data(), text.size(), flags, pugi::encoding_utf8))
        return make_error_code(errc::malformed_xml);
    const auto root = made.root();
    if (!root || root.next_sibling() || local_name(root) != root_name || too_deep(root))
        return make_error_code(errc::malformed_xml);
    return made;
}

std::string_view local_name(const pugi::xml_node& node) noexcept {
    const std::string_view name = node.name();
    const auto colon = name.rfind(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node child(const pugi::xml_node& parent, std::string_view name) noexcept {
    for (const auto& node : parent.children())
        if (node.type() == pugi::node_element && local_name(node) == name)
            return node;
    return {};
}

std::string text_of(const pugi::xml_node& node) {
    std::string text;
    for (const auto& part : node.children())
        if (part.type() == pugi::node_pcdata || part.type() == pugi::node_cdata)
            text += part.value();
    return text;
}

result<std::string> kept_text(const pugi::xml_node& node) {
    auto text = text_of(node);
    if (!is_utf8(text))
        return make_error_code(errc::malformed_xml);
    return text;
}

}  // namespace labstore::s3::xml
