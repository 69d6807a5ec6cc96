#include "storage/body_stream.hpp"
#include "storage/engine.hpp"
#include "storage/uploads.hpp"

#include <utility>

namespace labstore::storage {

awaitable<result<std::unique_ptr<upload_stream>>> engine::begin_part(
    std::string bucket,
    std::string key,
    std::string upload_id,
    std::uint32_t part_number,
    std::optional<std::uint64_t> size_hint
) {
    if (part_number == 0 || part_number > all_.settings.parts_max)
        co_return errc::too_many_parts;
    auto upload = co_await find_open_upload(all_, std::move(bucket), std::move(key), std::move(upload_id));
    LABSTORE_CO_TRY(upload);
    body_owner whose;
    whose.bucket = std::move(upload->bucket);
    whose.key = std::move(upload->key);
    whose.token = std::move(upload->id);
    whose.part_number = part_number;
    auto stream = co_await body_stream::begin(all_, std::move(whose), size_hint);
    LABSTORE_CO_TRY(stream);
    co_return std::unique_ptr<upload_stream>(std::move(*stream));
}

awaitable<result<part_info>> engine::put_part(std::unique_ptr<upload_stream> body, put_part_request request) {
    auto& stream = static_cast<body_stream&>(*body);
    const auto& whose = stream.whose();
    LABSTORE_ASSERT(whose.part_number != 0);
    auto md5 = parse_md5(request.etag);
    LABSTORE_CO_TRY(md5);
    auto upload_id = to_hex(as_bytes(whose.token));
    auto upload = co_await find_open_upload(all_, whose.bucket->name, whose.key, std::move(upload_id));
    LABSTORE_CO_TRY(upload);
    auto fits = check_part_checksum(upload->record, request.checksum);
    LABSTORE_CO_TRY(fits);

    part_change change;
    change.bucket = whose.bucket;
    change.key = whose.key;
    change.upload_id = whose.token;
    auto& record = change.record;
    record.set_number(whose.part_number);
    record.set_size_bytes(stream.written_bytes());
    record.set_etag_md5(std::move(*md5));
    record.set_modified_ns(nanoseconds_of(all_.time.now()));
    if (request.checksum)
        set_checksum(*record.mutable_checksum(), *request.checksum);
    auto metadata = encode(record);
    auto ref = co_await stream.finish(std::move(metadata));
    LABSTORE_CO_TRY(ref);
    if (ref->has_value())
        set_ref(*record.mutable_blob(), **ref);
    auto done = co_await commit_part(all_, std::move(change));
    co_return done;
}

}  // namespace labstore::storage
