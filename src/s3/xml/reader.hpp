#pragma once

#include "labstore/base.hpp"

#include <pugixml.hpp>

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace labstore::s3::xml {

inline constexpr std::size_t depth_max = 16;

/// A request document. Whoever parses has limited the size before.
/// malformed_xml for what is not well-formed UTF-8 XML, names no or another root, is nested too deeply, has a
/// DOCTYPE (so no entity is ever declared, let alone expanded), or holds a NUL in any form.
class document {
  public:
    [[nodiscard]] static result<document> parse(std::string_view text, std::string_view root_name);

    [[nodiscard]] pugi::xml_node root() const noexcept { return tree_.document_element(); }

  private:
    pugi::xml_document tree_;
};

/// An element's name without its namespace prefix: clients differ in how they declare S3's namespace.
[[nodiscard]] std::string_view local_name(const pugi::xml_node& node) noexcept;

/// The first child element of that local name; an empty node when there is none.
[[nodiscard]] pugi::xml_node child(const pugi::xml_node& parent, std::string_view name) noexcept;

/// The element's whole text, white space kept (a key may be a single space).
[[nodiscard]] std::string text_of(const pugi::xml_node& node);

/// The same for text that is kept and shown again. malformed_xml: a character reference may spell what is no character.
[[nodiscard]] result<std::string> kept_text(const pugi::xml_node& node);

/// What `parse_one` makes of each element in `parent`. malformed_xml for an element of another name.
template <typename Parse>
[[nodiscard]] auto parse_children(const pugi::xml_node& parent, std::string_view name, Parse parse_one)
    -> result<std::vector<std::remove_cvref_t<decltype(*parse_one(parent))>>> {
    std::vector<std::remove_cvref_t<decltype(*parse_one(parent))>> out;
    for (const auto& node : parent.children()) {
        if (node.type() != pugi::node_element)
            continue;
        if (local_name(node) != name)
            return make_error_code(errc::malformed_xml);
        auto one = parse_one(node);
        LABSTORE_TRY(one);
        out.push_back(std::move(*one));
    }
    return out;
}

}  // namespace labstore::s3::xml
