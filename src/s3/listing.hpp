#pragma once

#include "s3/call.hpp"
#include "s3/xml/writer.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace labstore::s3 {

/// encoding-type of a listing: keys, prefixes, delimiters and markers go out URL-encoded or as they are.
class text_encoder {
  public:
    /// invalid_argument for a type other than "url".
    [[nodiscard]] static result<text_encoder> of(call& request);

    /// One element whose text is a key or a part of one.
    void write(xml::writer& out, std::string_view name, std::string_view text) const;
    /// <EncodingType>, where it was asked for.
    void write_type(xml::writer& out) const;

  private:
    bool url_ = false;
};

/// Room for the document of a page, so that it is not moved again and again while it grows.
[[nodiscard]] std::size_t page_bytes_expected(std::size_t entries) noexcept;

/// max-keys and its like: absent or empty gives 1,000, more is cut to 1,000. invalid_argument.
[[nodiscard]] result<std::size_t> page_size_of(call& request, std::string_view parameter);

/// Continuation tokens are opaque to clients: a position, encoded.
[[nodiscard]] std::string encode_token(std::string_view position);
[[nodiscard]] std::optional<std::string> decode_token(std::string_view token);

/// <Owner><ID/><DisplayName/></Owner> under any name.
void write_owner(xml::writer& out, std::string_view name, std::string_view id, std::string_view display_name);

inline void write_owner(xml::writer& out, std::string_view name, const storage::account& owner) {
    write_owner(out, name, owner.id, owner.display_name);
}

/// <CommonPrefixes><Prefix/></CommonPrefixes>.
void write_common_prefix(xml::writer& out, const text_encoder& encoder, std::string_view prefix);

/// "STANDARD" for an empty one.
[[nodiscard]] std::string_view storage_class_text(std::string_view storage_class) noexcept;

/// LastModified, ETag, checksum algorithm and type, Size: what all listings of objects show between key and
/// owner.
void write_object_facts(xml::writer& out, const storage::listed_object& object);

}  // namespace labstore::s3
