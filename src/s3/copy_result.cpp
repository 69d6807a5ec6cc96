#include "s3/copy_result.hpp"

#include "s3/checksums.hpp"
#include "s3/xml/writer.hpp"

namespace labstore::s3 {

std::string copy_document(
    std::string_view root,
    std::string_view etag,
    wall_time modified,
    const std::optional<storage::checksum_value>& checksum,
    bool with_type
) {
    xml::writer out;
    out.open_root(root);
    out.element("LastModified", format_iso8601(modified));
    out.etag_element(etag);
    if (checksum && with_type)
        out.element("ChecksumType", checksum_type_text(*checksum));
    if (checksum)
        out.element(checksum_element_name(checksum->algorithm), checksum_text(*checksum, etag));
    out.close(root);
    return out.take();
}

error_code copy_error(call& request, error_code error, const std::string& source_key) {
    const auto value = to_errc(error);
    if (value == errc::not_modified)
        return make_error_code(errc::precondition_failed);
    if (value == errc::method_not_allowed)
        return request.fail(
            errc::invalid_request,
            "The source of a copy request may not specifically refer to a delete marker by version id."
        );
    if (value == errc::no_such_key || value == errc::no_such_version)
        request.detail.elements.emplace_back("Key", source_key);
    return error;
}

}  // namespace labstore::s3
