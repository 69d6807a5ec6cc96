#include "storage/version_update.hpp"

#include "storage/commit.hpp"
#include "storage/row_keys.hpp"
#include "storage/time_index.hpp"
#include "storage/write_retry.hpp"

#include <utility>

namespace labstore::storage {

runtime::awaitable<result<found_object>> update_version(
    services& all, object_name name, std::function<result<void>(const bucket_info&, records::object&)> change
) {
    auto bucket = all.buckets.find(name.bucket);
    if (!bucket)
        co_return errc::no_such_bucket;
    write_retry retry(all, std::move(bucket));
    for (;;) {
        auto found = co_await find_object(all, name);
        LABSTORE_CO_TRY(found);
        auto changed = change(*found->bucket, found->record);
        LABSTORE_CO_TRY(changed);
        auto row_key = found->noncurrent ? row_keys::version(found->key, found->record.sequence())
                                         : row_keys::object(found->key);
        meta::batch batch;
        batch.preconditions.push_back(held_state(*found->bucket));
        batch.preconditions.push_back(meta::at_revision(row_key, found->rev));
        batch.put(std::move(row_key), encode(found->record));
        add_look(batch, *found->bucket, found->key);
        auto applied = co_await apply(all, partition_of(*found->bucket), std::move(batch));
        if (applied)
            co_return found;
        // Doing it again to the same version is harmless.
        if (applied.error() == errc::unknown)
            name.version_id = describe({}, found->record, *found->bucket).version_id;
        else if (applied.error() != errc::conflict)
            co_return applied.error();
        auto again = co_await retry.next();
        LABSTORE_CO_TRY(again);
    }
}

}  // namespace labstore::storage
