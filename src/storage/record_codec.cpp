#include "storage/record_codec.hpp"

#include "storage/config_codec.hpp"
#include "storage/lock.hpp"

#include <charconv>
#include <string>
#include <utility>

namespace labstore::storage {
namespace {

using pairs = std::vector<std::pair<std::string, std::string>>;

template <typename Repeated>
pairs to_pairs(const Repeated& from) {
    pairs out;
    out.reserve(static_cast<std::size_t>(from.size()));
    for (const auto& item : from)
        out.emplace_back(item.name(), item.value());
    return out;
}

object_attributes to_attributes(const attributes_view& from) {
    object_attributes out;
    out.content_type = from.content_type;
    out.cache_control = from.cache_control;
    out.content_disposition = from.content_disposition;
    out.content_encoding = from.content_encoding;
    out.content_language = from.content_language;
    out.expires = from.expires;
    out.website_redirect = from.website_redirect;
    out.storage_class = from.storage_class;
    out.user_metadata.assign(from.user_metadata.begin(), from.user_metadata.end());
    out.tags.assign(from.tags.begin(), from.tags.end());
    return out;
}

template <typename Repeated>
void set_pairs(Repeated& to, const pairs& from) {
    for (const auto& [name, value] : from) {
        auto& item = *to.Add();
        item.set_name(name);
        item.set_value(value);
    }
}

}  // namespace

wall_time time_of(std::int64_t nanoseconds) {
    return wall_time(std::chrono::nanoseconds(nanoseconds));
}

std::int64_t nanoseconds_of(wall_time time) {
    return time.time_since_epoch().count();
}

result<std::string> parse_md5(std::string_view hex) {
    auto bytes = from_hex(hex);
    if (!bytes || bytes->size() != 16)
        return errc::invalid_argument;
    return std::move(*bytes);
}

std::string etag_text(std::string_view md5, std::uint32_t parts) {
    auto out = to_hex(as_bytes(md5));
    if (parts != 0)
        out.append("-").append(std::to_string(parts));
    return out;
}

etag_value::etag_value(byte_span md5, std::uint32_t parts) noexcept {
    LABSTORE_ASSERT(md5.size() == md5_size_bytes);
    write_hex(md5, text_.data());
    auto* end = text_.data() + 2 * md5_size_bytes;
    if (parts != 0) {
        *end++ = '-';
        end = std::to_chars(end, text_.data() + text_.size(), parts).ptr;
    }
    size_ = static_cast<std::uint8_t>(end - text_.data());
}

std::string_view bare_etag(std::string_view etag) {
    etag = trim(etag);
    if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"')
        etag = etag.substr(1, etag.size() - 2);
    return etag;
}

blob::ref to_ref(const records::blob_ref& from) {
    return {from.locator(), from.size_bytes()};
}

void set_ref(records::blob_ref& to, const blob::ref& from) {
    to.set_locator(from.locator);
    to.set_size_bytes(from.size_bytes);
}

checksum_value to_checksum(const checksum_view& from) {
    return {static_cast<crypto::checksum_algorithm>(from.algorithm), from.composite, std::string(from.value)};
}

checksum_value to_checksum(const records::checksum& from) {
    return {static_cast<crypto::checksum_algorithm>(from.algorithm()), from.composite(), from.value()};
}

void set_checksum(records::checksum& to, const checksum_value& from) {
    to.set_algorithm(static_cast<std::uint32_t>(from.algorithm));
    to.set_composite(from.composite);
    to.set_value(from.bytes);
}

object_attributes to_attributes(const records::attributes& from) {
    object_attributes out;
    out.content_type = from.content_type();
    out.cache_control = from.cache_control();
    out.content_disposition = from.content_disposition();
    out.content_encoding = from.content_encoding();
    out.content_language = from.content_language();
    out.expires = from.expires();
    out.website_redirect = from.website_redirect();
    out.storage_class = from.storage_class();
    out.user_metadata = to_pairs(from.user_metadata());
    out.tags = to_pairs(from.tags());
    return out;
}

void set_attributes(records::attributes& to, const object_attributes& from) {
    to.Clear();
    // Setting an empty string takes memory for it, and most are empty.
    const auto set = [&to](std::string* (records::attributes::*field)(), const std::string& value) {
        if (!value.empty())
            *(to.*field)() = value;
    };
    using record = records::attributes;
    set(&record::mutable_content_type, from.content_type);
    set(&record::mutable_cache_control, from.cache_control);
    set(&record::mutable_content_disposition, from.content_disposition);
    set(&record::mutable_content_encoding, from.content_encoding);
    set(&record::mutable_content_language, from.content_language);
    set(&record::mutable_expires, from.expires);
    set(&record::mutable_website_redirect, from.website_redirect);
    if (from.storage_class != "STANDARD")
        set(&record::mutable_storage_class, from.storage_class);
    set_pairs(*to.mutable_user_metadata(), from.user_metadata);
    set_pairs(*to.mutable_tags(), from.tags);
}

object_info describe(std::string key, const object_view& record, const bucket_info& bucket) {
    object_info out;
    out.key = std::move(key);
    if (!record.version_id.empty())
        out.version_id = to_hex(as_bytes(record.version_id));
    else if (bucket.versioning != versioning_state::unversioned)
        out.version_id = "null";
    out.delete_marker = record.delete_marker;
    out.size_bytes = record.size_bytes;
    out.modified = time_of(record.modified_ns);
    out.etag = etag_text(record.etag_md5, record.etag_parts);
    if (record.attributes)
        out.attributes = to_attributes(*record.attributes);
    if (record.owner)
        out.owner = {std::string(record.owner->id), std::string(record.owner->display_name)};
    else
        out.owner = bucket.owner;
    if (record.checksum)
        out.checksum = to_checksum(*record.checksum);
    out.lock = to_lock(record.retention_mode, record.retain_until_ns, record.legal_hold);
    out.parts_count = record.parts_count;
    return out;
}

object_info describe(std::string key, const records::object& record, const bucket_info& bucket) {
    object_info out;
    out.key = std::move(key);
    if (!record.version_id().empty())
        out.version_id = to_hex(as_bytes(record.version_id()));
    else if (bucket.versioning != versioning_state::unversioned)
        out.version_id = "null";
    out.delete_marker = record.delete_marker();
    out.size_bytes = record.size_bytes();
    out.modified = time_of(record.modified_ns());
    out.etag = etag_text(record.etag_md5(), record.etag_parts());
    out.attributes = to_attributes(record.attributes());
    out.owner = owner_of(record, bucket);
    if (record.has_checksum())
        out.checksum = to_checksum(record.checksum());
    out.lock = lock_of(record);
    out.parts_count = record.parts_count();
    return out;
}

put_result describe_put(const records::object& record) {
    put_result out;
    out.etag = etag_text(record.etag_md5(), record.etag_parts());
    if (!record.version_id().empty())
        out.version_id = to_hex(as_bytes(record.version_id()));
    out.modified = time_of(record.modified_ns());
    out.size_bytes = record.size_bytes();
    if (record.has_checksum())
        out.checksum = to_checksum(record.checksum());
    for (const auto& tag : record.attributes().tags())
        out.tags.emplace_back(tag.name(), tag.value());
    return out;
}

part_info describe_part(const records::part& record, std::uint64_t offset) {
    part_info out;
    out.number = record.number();
    out.offset = offset;
    out.size_bytes = record.size_bytes();
    out.etag = etag_text(record.etag_md5(), 0);
    out.modified = time_of(record.modified_ns());
    if (record.has_checksum())
        out.checksum = to_checksum(record.checksum());
    return out;
}

upload_info describe_upload(
    std::string key, std::string_view upload_id, const records::upload& record, const bucket_info& bucket
) {
    upload_info out;
    out.key = std::move(key);
    out.upload_id = to_hex(as_bytes(upload_id));
    out.initiated = time_of(record.initiated_ns());
    out.owner = owner_of(record, bucket);
    out.attributes = to_attributes(record.attributes());
    if (record.checksum_algorithm() != 0) {
        out.checksum_algorithm = static_cast<crypto::checksum_algorithm>(record.checksum_algorithm());
        out.type = record.checksum_composite() ? checksum_type::composite : checksum_type::full_object;
    }
    return out;
}

records::bucket to_record(const bucket_info& bucket) {
    records::bucket record;
    record.set_id(bucket.id);
    record.set_created_ns(nanoseconds_of(bucket.created));
    record.mutable_owner()->set_id(bucket.owner.id);
    record.mutable_owner()->set_display_name(bucket.owner.display_name);
    record.set_region(bucket.region);
    if (bucket.config)
        set_config(record, *bucket.config);
    return record;
}

bucket_ptr to_bucket(std::string name, const records::bucket& record) {
    auto out = std::make_shared<bucket_info>();
    out->name = std::move(name);
    out->id = record.id();
    out->created = time_of(record.created_ns());
    out->owner = {record.owner().id(), record.owner().display_name()};
    out->region = record.region();
    out->config = to_config(record);
    return out;
}

std::optional<records::leftover> leftover_of(const records::object& record) {
    if (!record.has_blob() && record.manifest_size() == 0)
        return std::nullopt;
    records::leftover out;
    out.set_token(record.token());
    if (record.has_blob())
        *out.add_blobs() = record.blob();
    out.set_manifest(record.manifest_size() != 0);
    return out;
}

}  // namespace labstore::storage
