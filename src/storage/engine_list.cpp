#include "storage/engine.hpp"
#include "storage/record_codec.hpp"
#include "storage/row_keys.hpp"
#include "storage/walk.hpp"

#include <utility>

namespace labstore::storage {
namespace {

/// One entry of a page, looking into the walk's rows and into the bucket.
result<listed_object> list_row(std::string_view key, std::string_view value, const bucket_info& bucket) {
    const auto record = read_object(value);
    if (!record)
        return record.error();
    listed_object out{
        .key = key,
        .size_bytes = record->size_bytes,
        .modified = time_of(record->modified_ns),
        .etag = {as_bytes(record->etag_md5), record->etag_parts},
        .storage_class = record->attributes ? record->attributes->storage_class : std::string_view(),
        .owner_id = record->owner ? record->owner->id : bucket.owner.id,
        .owner_name = record->owner ? record->owner->display_name : bucket.owner.display_name,
        .checksum_algorithm = std::nullopt,
        .type = checksum_type::unspecified,
    };
    if (record->checksum) {
        out.checksum_algorithm = static_cast<crypto::checksum_algorithm>(record->checksum->algorithm);
        out.type = record->checksum->composite ? checksum_type::composite : checksum_type::full_object;
    }
    return out;
}

/// What the entries of a page look into.
struct page_memory {
    bucket_ptr bucket;
    walk_page walked;
};

}  // namespace

awaitable<result<object_page>> engine::list_objects(list_request request) {
    auto bucket = all_.buckets.find(request.bucket);
    if (!bucket)
        co_return errc::no_such_bucket;
    walk_request wanted;
    wanted.kind = row_keys::object_kind;
    wanted.partition = partition_of(*bucket);
    wanted.prefix = std::move(request.prefix);
    wanted.delimiter = std::move(request.delimiter);
    if (!request.after.empty())
        wanted.after_row = row_keys::object(request.after);
    wanted.after_name = std::move(request.after);
    wanted.limit = request.limit;
    auto walked = co_await walk(all_.index, std::move(wanted));
    LABSTORE_CO_TRY(walked);

    auto memory = std::make_shared<page_memory>(page_memory{std::move(bucket), std::move(*walked)});
    const auto& entries = memory->walked.entries;
    object_page out;
    out.more = memory->walked.more;
    out.entries.reserve(entries.size());
    if (!entries.empty())
        out.next = entries.back().name;
    for (const auto& entry : entries) {
        if (!entry.row) {
            out.entries.emplace_back(entry.name);
            continue;
        }
        auto listed = list_row(entry.name, entry.row->value, *memory->bucket);
        LABSTORE_CO_TRY(listed);
        out.entries.emplace_back(*listed);
    }
    out.memory = std::move(memory);
    co_return out;
}

awaitable<result<upload_page>> engine::list_uploads(list_uploads_request request) {
    const auto bucket = all_.buckets.find(request.bucket);
    if (!bucket)
        co_return errc::no_such_bucket;
    walk_request wanted;
    wanted.kind = row_keys::upload_kind;
    wanted.partition = partition_of(*bucket);
    wanted.prefix = std::move(request.prefix);
    wanted.delimiter = std::move(request.delimiter);
    wanted.limit = request.limit;
    if (!request.key_marker.empty()) {
        wanted.after_row = row_keys::past_key(row_keys::upload_kind, request.key_marker);
        if (!request.upload_id_marker.empty()) {
            const auto id = from_hex(request.upload_id_marker);
            if (!id || id->size() != row_keys::token_size_bytes)
                co_return errc::invalid_argument;
            wanted.after_row = row_keys::upload(request.key_marker, *id);
        }
        wanted.after_name = std::move(request.key_marker);
    }
    auto walked = co_await walk(all_.index, std::move(wanted));
    LABSTORE_CO_TRY(walked);

    upload_page out;
    out.more = walked->more;
    for (const auto& entry : walked->entries) {
        out.next_key = entry.name;
        out.next_upload_id.clear();
        if (!entry.row) {
            out.entries.emplace_back(std::string(entry.name));
            continue;
        }
        auto record = decode<records::upload>(entry.row->value);
        LABSTORE_CO_TRY(record);
        const auto parsed = row_keys::parse(entry.row->key);
        if (!parsed || parsed->rest.size() != row_keys::token_size_bytes)
            co_return errc::corrupt;
        out.entries.emplace_back(describe_upload(std::string(entry.name), parsed->rest, *record, *bucket));
        out.next_upload_id = to_hex(as_bytes(parsed->rest));
    }
    co_return out;
}

}  // namespace labstore::storage
