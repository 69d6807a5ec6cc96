#include "storage/body_stream.hpp"
#include "storage/conditions.hpp"
#include "storage/engine.hpp"
#include "storage/lock.hpp"
#include "storage/row_keys.hpp"

#include <utility>

namespace labstore::storage {

awaitable<result<std::unique_ptr<upload_stream>>> engine::begin_object(
    std::string bucket, std::string key, std::optional<std::uint64_t> size_hint, write_conditions conditions
) {
    body_owner whose;
    whose.bucket = all_.buckets.find(bucket);
    if (!whose.bucket)
        co_return errc::no_such_bucket;
    auto valid = object_key::parse(key);
    LABSTORE_CO_TRY(valid);
    whose.key = std::move(key);
    if (!empty(conditions)) {
        auto current = co_await read_object_row(all_, whose.bucket, whose.key);
        LABSTORE_CO_TRY(current);
        auto judged = judge_row(conditions, *current);
        LABSTORE_CO_TRY(judged);
    }
    whose.token = row_keys::random_bytes(row_keys::token_size_bytes);
    auto stream = co_await body_stream::begin(all_, std::move(whose), size_hint);
    LABSTORE_CO_TRY(stream);
    co_return std::unique_ptr<upload_stream>(std::move(*stream));
}

awaitable<result<put_result>> engine::put_object(std::unique_ptr<upload_stream> body, put_request request) {
    auto& stream = static_cast<body_stream&>(*body);
    LABSTORE_ASSERT(stream.whose().part_number == 0);
    auto md5 = parse_md5(request.etag);
    LABSTORE_CO_TRY(md5);

    object_change change;
    change.bucket = stream.whose().bucket;
    change.key = stream.whose().key;
    change.conditions = std::move(request.conditions);
    auto& record = change.record;
    record.set_token(stream.whose().token);
    record.set_null_version(true);
    record.set_size_bytes(stream.written_bytes());
    record.set_etag_md5(std::move(*md5));
    record.set_modified_ns(nanoseconds_of(all_.time.now()));
    set_owner(record, request.owner, *change.bucket);
    set_attributes(*record.mutable_attributes(), request.attributes);
    if (request.checksum)
        set_checksum(*record.mutable_checksum(), *request.checksum);
    auto lockable = check_lock(request.lock, *change.bucket);
    LABSTORE_CO_TRY(lockable);
    set_lock(record, request.lock);

    // Before the bytes are made durable: a condition that fails now spares the device the work.
    auto current = co_await read_object_row(all_, change.bucket, change.key);
    LABSTORE_CO_TRY(current);
    auto judged = judge_row(change.conditions, *current);
    LABSTORE_CO_TRY(judged);
    change.known_row = std::move(*current);

    auto metadata = encode(record);
    auto ref = co_await stream.finish(std::move(metadata));
    LABSTORE_CO_TRY(ref);
    std::vector<blob::ref> refs;
    if (ref->has_value()) {
        set_ref(*record.mutable_blob(), **ref);
        refs.push_back(std::move(**ref));
    }
    auto done = co_await commit_object(all_, change);
    if (!done)
        co_await discard_blobs(all_, std::move(refs), change.may_have_applied);
    co_return done;
}

awaitable<result<object_info>> engine::stat_object(object_name name) {
    auto found = co_await find_row(all_, name);
    LABSTORE_CO_TRY(found);
    co_return describe_row(std::move(name.key), *found);
}

awaitable<result<std::unique_ptr<object_reader>>> engine::open_object(object_name name) {
    auto opened = co_await open_current(all_, name);
    LABSTORE_CO_TRY(opened);
    co_return std::unique_ptr<object_reader>(std::move(opened->reader));
}

awaitable<result<std::vector<part_info>>> engine::list_object_parts(
    object_name name, std::uint32_t after, std::size_t limit
) {
    auto found = co_await find_object(all_, std::move(name));
    LABSTORE_CO_TRY(found);
    const auto& record = found->record;
    const auto hold = all_.tokens.take(record.token());
    std::vector<part_info> out;
    const auto chunks = static_cast<std::uint32_t>(record.manifest_size());
    for (auto chunk = chunk_of_part(record, after); chunk < chunks && out.size() < limit; ++chunk) {
        auto token = record.token();
        auto manifest = co_await read_manifest(all_, partition_of(*found->bucket), std::move(token), chunk);
        LABSTORE_CO_TRY(manifest);
        auto offset = record.manifest(static_cast<int>(chunk)).offset_bytes();
        for (const auto& part : manifest->parts()) {
            if (part.number() > after && out.size() < limit)
                out.push_back(describe_part(part, offset));
            offset += part.size_bytes();
        }
    }
    co_return out;
}

}  // namespace labstore::storage
