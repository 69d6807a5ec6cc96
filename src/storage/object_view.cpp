#include "storage/object_view.hpp"

#include "storage/records/records.pb.h"
#include "storage/row_keys.hpp"
#include "storage/wire_reader.hpp"

namespace labstore::storage {
namespace {

constexpr std::size_t md5_size_bytes = 16;

constexpr std::uint32_t varint_tag(int field) {
    return wire_tag(field, wire_type::varint);
}

constexpr std::uint32_t fixed64_tag(int field) {
    return wire_tag(field, wire_type::fixed64);
}

constexpr std::uint32_t bytes_tag(int field) {
    return wire_tag(field, wire_type::bytes);
}

/// Reads a message field by field: `take` reads one, or answers false for a field it does not know.
template <typename Take>
bool read_message(std::string_view message, Take take) {
    wire_reader in(message);
    while (in.next())
        if (!take(in))
            in.skip();
    return in.ok();
}

bool read(account_view& out, std::string_view message) {
    using fields = records::account;
    return read_message(message, [&](wire_reader& in) {
        switch (in.tag()) {
            case bytes_tag(fields::kIdFieldNumber):
                out.id = in.bytes();
                return true;
            case bytes_tag(fields::kDisplayNameFieldNumber):
                out.display_name = in.bytes();
                return true;
            default:
                return false;
        }
    });
}

bool read(checksum_view& out, std::string_view message) {
    using fields = records::checksum;
    return read_message(message, [&](wire_reader& in) {
        switch (in.tag()) {
            case varint_tag(fields::kAlgorithmFieldNumber):
                out.algorithm = static_cast<std::uint32_t>(in.number());
                return true;
            case varint_tag(fields::kCompositeFieldNumber):
                out.composite = in.number() != 0;
                return true;
            case bytes_tag(fields::kValueFieldNumber):
                out.value = in.bytes();
                return true;
            default:
                return false;
        }
    });
}

bool read(blob_view& out, std::string_view message) {
    using fields = records::blob_ref;
    return read_message(message, [&](wire_reader& in) {
        switch (in.tag()) {
            case bytes_tag(fields::kLocatorFieldNumber):
                out.locator = in.bytes();
                return true;
            case varint_tag(fields::kSizeBytesFieldNumber):
                out.size_bytes = in.number();
                return true;
            default:
                return false;
        }
    });
}

bool read(manifest_place& out, std::string_view message) {
    using fields = records::manifest_position;
    return read_message(message, [&](wire_reader& in) {
        switch (in.tag()) {
            case varint_tag(fields::kFirstPartNumberFieldNumber):
                out.first_part_number = static_cast<std::uint32_t>(in.number());
                return true;
            case varint_tag(fields::kOffsetBytesFieldNumber):
                out.offset_bytes = in.number();
                return true;
            default:
                return false;
        }
    });
}

bool read(std::pair<std::string_view, std::string_view>& out, std::string_view message) {
    using fields = records::name_value;
    return read_message(message, [&](wire_reader& in) {
        switch (in.tag()) {
            case bytes_tag(fields::kNameFieldNumber):
                out.first = in.bytes();
                return true;
            case bytes_tag(fields::kValueFieldNumber):
                out.second = in.bytes();
                return true;
            default:
                return false;
        }
    });
}

bool read(attributes_view& out, std::string_view message) {
    using fields = records::attributes;
    bool whole = true;
    const bool ok = read_message(message, [&](wire_reader& in) {
        switch (in.tag()) {
            case bytes_tag(fields::kContentTypeFieldNumber):
                out.content_type = in.bytes();
                return true;
            case bytes_tag(fields::kCacheControlFieldNumber):
                out.cache_control = in.bytes();
                return true;
            case bytes_tag(fields::kContentDispositionFieldNumber):
                out.content_disposition = in.bytes();
                return true;
            case bytes_tag(fields::kContentEncodingFieldNumber):
                out.content_encoding = in.bytes();
                return true;
            case bytes_tag(fields::kContentLanguageFieldNumber):
                out.content_language = in.bytes();
                return true;
            case bytes_tag(fields::kExpiresFieldNumber):
                out.expires = in.bytes();
                return true;
            case bytes_tag(fields::kWebsiteRedirectFieldNumber):
                out.website_redirect = in.bytes();
                return true;
            case bytes_tag(fields::kStorageClassFieldNumber):
                out.storage_class = in.bytes();
                return true;
            case bytes_tag(fields::kUserMetadataFieldNumber):
                whole &= read(out.user_metadata.emplace_back(), in.bytes());
                return true;
            case bytes_tag(fields::kTagsFieldNumber):
                whole &= read(out.tags.emplace_back(), in.bytes());
                return true;
            default:
                return false;
        }
    });
    return ok && whole;
}

bool read_lock_field(object_view& out, wire_reader& in) {
    using fields = records::object;
    switch (in.tag()) {
        case varint_tag(fields::kRetentionModeFieldNumber):
            out.retention_mode = static_cast<std::uint32_t>(in.number());
            return true;
        case varint_tag(fields::kRetainUntilNsFieldNumber):
            out.retain_until_ns = static_cast<std::int64_t>(in.number());
            return true;
        case varint_tag(fields::kLegalHoldFieldNumber):
            out.legal_hold = static_cast<std::uint32_t>(in.number());
            return true;
        default:
            return false;
    }
}

}  // namespace

result<object_view> read_object(std::string_view value) {
    using fields = records::object;
    object_view out;
    bool whole = !value.empty();
    const bool ok = read_message(value, [&](wire_reader& in) {
        switch (in.tag()) {
            case fixed64_tag(fields::kSequenceFieldNumber):
                out.sequence = in.fixed64();
                return true;
            case bytes_tag(fields::kTokenFieldNumber):
                out.token = in.bytes();
                return true;
            case bytes_tag(fields::kVersionIdFieldNumber):
                out.version_id = in.bytes();
                return true;
            case varint_tag(fields::kNullVersionFieldNumber):
                out.null_version = in.number() != 0;
                return true;
            case varint_tag(fields::kDeleteMarkerFieldNumber):
                out.delete_marker = in.number() != 0;
                return true;
            case varint_tag(fields::kSizeBytesFieldNumber):
                out.size_bytes = in.number();
                return true;
            case bytes_tag(fields::kEtagMd5FieldNumber):
                out.etag_md5 = in.bytes();
                return true;
            case varint_tag(fields::kEtagPartsFieldNumber):
                out.etag_parts = static_cast<std::uint32_t>(in.number());
                return true;
            case varint_tag(fields::kModifiedNsFieldNumber):
                out.modified_ns = static_cast<std::int64_t>(in.number());
                return true;
            case bytes_tag(fields::kOwnerFieldNumber):
                whole &= read(out.owner.emplace(), in.bytes());
                return true;
            case bytes_tag(fields::kAttributesFieldNumber):
                whole &= read(out.attributes.emplace(), in.bytes());
                return true;
            case bytes_tag(fields::kChecksumFieldNumber):
                whole &= read(out.checksum.emplace(), in.bytes());
                return true;
            case bytes_tag(fields::kBlobFieldNumber):
                whole &= read(out.blob.emplace(), in.bytes());
                return true;
            case varint_tag(fields::kPartsCountFieldNumber):
                out.parts_count = static_cast<std::uint32_t>(in.number());
                return true;
            case bytes_tag(fields::kManifestFieldNumber):
                whole &= read(out.manifest.emplace_back(), in.bytes());
                return true;
            case varint_tag(fields::kFromUploadFieldNumber):
                out.from_upload = in.number() != 0;
                return true;
            default:
                return read_lock_field(out, in);
        }
    });
    const bool named =
        out.token.size() == row_keys::token_size_bytes && out.etag_md5.size() == md5_size_bytes;
    if (!ok || !whole || !(named || out.delete_marker))
        return errc::corrupt;
    return out;
}

}  // namespace labstore::storage
