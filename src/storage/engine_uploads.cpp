#include "storage/checksums.hpp"
#include "storage/commit.hpp"
#include "storage/engine.hpp"
#include "storage/lock.hpp"
#include "storage/row_keys.hpp"
#include "storage/time_index.hpp"
#include "storage/uploads.hpp"

#include <algorithm>
#include <utility>

namespace labstore::storage {

awaitable<result<std::string>> engine::create_upload(create_upload_request request) {
    auto bucket = all_.buckets.find(request.bucket);
    if (!bucket)
        co_return errc::no_such_bucket;
    auto valid = object_key::parse(request.key);
    LABSTORE_CO_TRY(valid);
    const auto now = all_.time.now();
    records::upload record;
    record.set_initiated_ns(nanoseconds_of(now));
    set_owner(record, request.owner, *bucket);
    set_attributes(*record.mutable_attributes(), request.attributes);
    auto lockable = check_lock(request.lock, *bucket);
    LABSTORE_CO_TRY(lockable);
    set_lock(record, request.lock);
    if (request.checksum_algorithm) {
        auto composite = is_composite(*request.checksum_algorithm, request.type);
        LABSTORE_CO_TRY(composite);
        record.set_checksum_algorithm(static_cast<std::uint32_t>(*request.checksum_algorithm));
        record.set_checksum_composite(*composite);
    } else if (request.type != checksum_type::unspecified) {
        co_return errc::invalid_request;
    }

    const auto id = row_keys::new_upload_id(now);
    const auto row_key = row_keys::upload(request.key, id);
    write_retry retry(all_, bucket);
    for (;;) {
        meta::batch batch;
        batch.preconditions.push_back(held_state(*bucket));
        batch.put(row_key, encode(record));
        add_upload_time(batch, *bucket, request.key, id, now);
        auto applied = co_await apply(all_, partition_of(*bucket), std::move(batch));
        if (applied)
            co_return to_hex(as_bytes(id));
        // Writing the same row again is harmless: nobody knows its id yet.
        if (applied.error() != errc::conflict && applied.error() != errc::unknown)
            co_return applied.error();
        auto again = co_await retry.next();
        LABSTORE_CO_TRY(again);
        bucket = retry.bucket();
    }
}

awaitable<result<upload_info>> engine::find_upload(
    std::string bucket, std::string key, std::string upload_id
) {
    auto found = co_await find_open_upload(all_, std::move(bucket), std::move(key), std::move(upload_id));
    LABSTORE_CO_TRY(found);
    co_return describe_upload(std::move(found->key), found->id, found->record, *found->bucket);
}

awaitable<result<void>> engine::abort_upload(std::string bucket, std::string key, std::string upload_id) {
    auto aborted = co_await abort_open_upload(all_, std::move(bucket), std::move(key), std::move(upload_id));
    co_return aborted;
}

awaitable<result<part_page>> engine::list_parts(
    std::string bucket, std::string key, std::string upload_id, std::uint32_t after, std::size_t limit
) {
    auto found = co_await find_open_upload(all_, std::move(bucket), std::move(key), std::move(upload_id));
    LABSTORE_CO_TRY(found);
    part_page out;
    meta::scan_request scan;
    scan.prefix = row_keys::parts_of(found->id);
    scan.after = row_keys::part(found->id, after);
    out.more = limit > 0;
    while (out.more && out.parts.size() < limit) {
        scan.limit = std::min(limit - out.parts.size(), meta::page_rows_max);
        auto wanted = scan;
        auto page = co_await all_.index.scan(partition_of(*found->bucket), std::move(wanted));
        LABSTORE_CO_TRY(page);
        for (const auto& row : page->rows) {
            auto record = decode<records::part>(row.value);
            LABSTORE_CO_TRY(record);
            out.parts.push_back(describe_part(*record, 0));
            scan.after = row.key;
        }
        out.more = page->more;
    }
    out.upload = describe_upload(std::move(found->key), found->id, found->record, *found->bucket);
    co_return out;
}

}  // namespace labstore::storage
