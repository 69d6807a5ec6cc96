#pragma once

#include "labstore/base.hpp"

#include <pugixml.hpp>

#include <string_view>

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

}  // namespace labstore::s3::xml
