// A row of an object, read where it lies, from whatever stands in an index: within its bounds, and with the same outcome
// as protobuf wherever protobuf reads the bytes and writes them again.
#include "storage/object_view.hpp"

#include "storage/record_codec.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

using namespace labstore;
using namespace labstore::storage;

void require(bool holds) {
    if (!holds)
        std::abort();
}

template <typename View, typename Repeated>
bool same_pairs(const View& view, const Repeated& record) {
    return std::equal(
        view.begin(),
        view.end(),
        record.begin(),
        record.end(),
        [](const auto& left, const auto& right) {
            return left.first == right.name() && left.second == right.value();
        }
    );
}

bool same(const attributes_view& view, const records::attributes& record) {
    return view.content_type == record.content_type() && view.cache_control == record.cache_control() &&
           view.content_disposition == record.content_disposition() &&
           view.content_encoding == record.content_encoding() &&
           view.content_language == record.content_language() && view.expires == record.expires() &&
           view.website_redirect == record.website_redirect() &&
           view.storage_class == record.storage_class() &&
           same_pairs(view.user_metadata, record.user_metadata()) && same_pairs(view.tags, record.tags());
}

bool same(const object_view& view, const records::object& record) {
    return view.sequence == record.sequence() && view.token == record.token() &&
           view.version_id == record.version_id() && view.null_version == record.null_version() &&
           view.delete_marker == record.delete_marker() && view.size_bytes == record.size_bytes() &&
           view.etag_md5 == record.etag_md5() && view.etag_parts == record.etag_parts() &&
           view.modified_ns == record.modified_ns() && view.parts_count == record.parts_count() &&
           view.from_upload == record.from_upload() && view.owner.has_value() == record.has_owner() &&
           (!view.owner || (view.owner->id == record.owner().id() &&
                            view.owner->display_name == record.owner().display_name())) &&
           view.attributes.has_value() == record.has_attributes() &&
           (!view.attributes || same(*view.attributes, record.attributes())) &&
           view.checksum.has_value() == record.has_checksum() &&
           (!view.checksum || (view.checksum->algorithm == record.checksum().algorithm() &&
                               view.checksum->composite == record.checksum().composite() &&
                               view.checksum->value == record.checksum().value())) &&
           view.blob.has_value() == record.has_blob() &&
           (!view.blob || (view.blob->locator == record.blob().locator() &&
                           view.blob->size_bytes == record.blob().size_bytes())) &&
           view.manifest.size() == static_cast<std::size_t>(record.manifest_size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view value(reinterpret_cast<const char*>(data), size);
    static_cast<void>(read_object(value));
    const auto record = decode<records::object>(value);
    if (!record)
        return 0;
    const auto written = record->SerializeAsString();
    const auto view = read_object(written);
    require(!view || same(*view, *record));
    const bool named = record->token().size() == 16 && record->etag_md5().size() == 16;
    require(view.has_value() == (!written.empty() && (named || record->delete_marker())));
    return 0;
}
