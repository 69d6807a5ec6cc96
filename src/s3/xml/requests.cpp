#include "s3/xml/requests.hpp"

#include "s3/checksums.hpp"
#include "s3/xml/reader.hpp"
#include "s3/xml/tag_set.hpp"

#include <optional>

namespace labstore::s3::xml {

namespace {

constexpr std::size_t parts_max = 10'000;

/// The conditions of one entry; the time is an HTTP date in the SDKs and ISO 8601 in AWS's examples.
result<storage::delete_conditions> parse_conditions(const pugi::xml_node& object) {
    storage::delete_conditions conditions;
    if (const auto etag = child(object, "ETag"))
        conditions.if_match = text_of(etag);
    if (const auto time = child(object, "LastModifiedTime")) {
        const auto text = text_of(time);
        auto moment = parse_http_date(text);
        if (!moment)
            moment = parse_iso8601(text);
        if (!moment)
            return make_error_code(errc::malformed_xml);
        conditions.if_modified_at = moment;
    }
    if (const auto size = child(object, "Size")) {
        conditions.if_size_bytes = parse_decimal(text_of(size));
        if (!conditions.if_size_bytes)
            return make_error_code(errc::malformed_xml);
    }
    return conditions;
}

result<storage::completed_part> parse_part(const pugi::xml_node& node) {
    storage::completed_part part;
    const auto number = parse_decimal(trim(text_of(child(node, "PartNumber"))));
    const auto etag = child(node, "ETag");
    if (!number || !etag)
        return make_error_code(errc::malformed_xml);
    if (*number == 0 || *number > parts_max)
        return make_error_code(errc::too_many_parts);
    part.number = static_cast<std::uint32_t>(*number);
    part.etag = text_of(etag);
    for (const auto algorithm : checksum_algorithms) {
        const auto element = child(node, checksum_element_name(algorithm));
        if (!element)
            continue;
        part.checksum = parse_checksum_text(algorithm, trim(text_of(element)));
        if (!part.checksum)
            return make_error_code(errc::invalid_part);
    }
    return part;
}

}  // namespace

result<delete_request> parse_delete(std::string_view text, std::size_t keys_max) {
    const auto parsed = document::parse(text, "Delete");
    if (!parsed)
        return parsed.error();
    delete_request request;
    for (const auto& node : parsed->root().children()) {
        const auto name = local_name(node);
        if (name == "Quiet")
            request.quiet = trim(text_of(node)) == "true";
        if (name != "Object")
            continue;
        if (request.entries.size() == keys_max)
            return make_error_code(errc::malformed_xml);
        auto conditions = parse_conditions(node);
        LABSTORE_TRY(conditions);
        auto key = text_of(child(node, "Key"));
        // A character reference may spell what is no character; such a key could not be answered in XML.
        if (key.empty() || !is_utf8(key))
            return make_error_code(errc::malformed_xml);
        request.entries.push_back({std::move(key), text_of(child(node, "VersionId")), std::move(*conditions)}
        );
    }
    if (request.entries.empty())
        return make_error_code(errc::malformed_xml);
    return request;
}

result<std::vector<storage::completed_part>> parse_complete(std::string_view text) {
    const auto parsed = document::parse(text, "CompleteMultipartUpload");
    if (!parsed)
        return parsed.error();
    std::vector<storage::completed_part> parts;
    for (const auto& node : parsed->root().children()) {
        if (local_name(node) != "Part")
            continue;
        if (parts.size() == parts_max)
            return make_error_code(errc::malformed_xml);
        auto part = parse_part(node);
        LABSTORE_TRY(part);
        parts.push_back(std::move(*part));
    }
    if (parts.empty())
        return make_error_code(errc::malformed_xml);
    return parts;
}

result<create_bucket_request> parse_create_bucket(std::string_view text) {
    create_bucket_request request;
    if (trim(text).empty())
        return request;
    const auto parsed = document::parse(text, "CreateBucketConfiguration");
    if (!parsed)
        return parsed.error();
    for (const auto& node : parsed->root().children()) {
        const auto name = local_name(node);
        if (name == "LocationConstraint")
            request.location = trim(text_of(node));
        else if (name == "Location" || name == "Bucket")
            request.unsupported = true;
        else if (name == "Tags") {
            auto tags = parse_tag_set(node);
            LABSTORE_TRY(tags);
            request.tags = std::move(*tags);
        } else if (node.type() == pugi::node_element)
            return make_error_code(errc::malformed_xml);
    }
    return request;
}

result<versioning_request> parse_versioning(std::string_view text) {
    const auto parsed = document::parse(text, "VersioningConfiguration");
    if (!parsed)
        return parsed.error();
    versioning_request request;
    for (const auto& node : parsed->root().children()) {
        const auto name = local_name(node);
        const auto value = text_of(node);
        const auto word = trim(value);
        if (name == "Status" && word == "Enabled")
            request.state = storage::versioning_state::enabled;
        else if (name == "Status" && word == "Suspended")
            request.state = storage::versioning_state::suspended;
        else if (name == "MfaDelete" && word == "Enabled")
            request.mfa_delete = true;
        else if (node.type() == pugi::node_element && !(name == "MfaDelete" && word == "Disabled"))
            return make_error_code(errc::malformed_xml);
    }
    return request;
}

result<bool> grants_owner_alone(std::string_view text, std::string_view owner_id) {
    const auto parsed = document::parse(text, "AccessControlPolicy");
    if (!parsed)
        return to_errc(parsed.error());
    std::size_t grants = 0;
    bool all_are_the_owners = true;
    for (const auto& grant : child(parsed->root(), "AccessControlList").children()) {
        if (local_name(grant) != "Grant")
            continue;
        ++grants;
        const auto grantee = text_of(child(child(grant, "Grantee"), "ID"));
        const auto permission = text_of(child(grant, "Permission"));
        if (trim(grantee) != owner_id || trim(permission) != "FULL_CONTROL")
            all_are_the_owners = false;
    }
    return grants == 1 && all_are_the_owners;
}

}  // namespace labstore::s3::xml
