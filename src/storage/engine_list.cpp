#include "storage/engine.hpp"
#include "storage/record_codec.hpp"
#include "storage/row_keys.hpp"
#include "storage/walk.hpp"

#include <cstddef>
#include <utility>

namespace labstore::storage {
namespace {

/// Room for most records; the arena takes more when one needs it.
constexpr std::size_t record_room_bytes = 2 * KiB;

/// One entry of a page. Its record is made of a dozen small pieces, which would be a dozen allocations for each key.
result<object_info> describe_row(std::string key, std::string_view value, const bucket_info& bucket) {
    alignas(std::max_align_t) char room[record_room_bytes];
    google::protobuf::Arena arena(room, sizeof(room));
    const auto* const record = decode_in<records::object>(arena, value);
    if (record == nullptr)
        return errc::corrupt;
    return describe(std::move(key), *record, bucket);
}

}  // namespace

awaitable<result<object_page>> engine::list_objects(list_request request) {
    const auto bucket = all_.buckets.find(request.bucket);
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

    object_page out;
    out.more = walked->more;
    out.entries.reserve(walked->entries.size());
    if (!walked->entries.empty())
        out.next = walked->entries.back().name;
    for (auto& entry : walked->entries) {
        if (!entry.row) {
            out.entries.emplace_back(std::move(entry.name));
            continue;
        }
        auto described = describe_row(std::move(entry.name), entry.row->value, *bucket);
        LABSTORE_CO_TRY(described);
        out.entries.emplace_back(std::move(*described));
    }
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
    for (auto& entry : walked->entries) {
        out.next_key = entry.name;
        out.next_upload_id.clear();
        if (!entry.row) {
            out.entries.emplace_back(std::move(entry.name));
            continue;
        }
        auto record = decode<records::upload>(entry.row->value);
        LABSTORE_CO_TRY(record);
        const auto parsed = row_keys::parse(entry.row->key);
        if (!parsed || parsed->rest.size() != row_keys::token_size_bytes)
            co_return errc::corrupt;
        out.entries.emplace_back(describe_upload(std::move(entry.name), parsed->rest, *record, *bucket));
        out.next_upload_id = to_hex(as_bytes(parsed->rest));
    }
    co_return out;
}

}  // namespace labstore::storage
