#include "storage/config_codec.hpp"
#include "storage/engine.hpp"
#include "storage/lifecycle_progress.hpp"
#include "storage/lock.hpp"
#include "storage/row_keys.hpp"
#include "storage/version_update.hpp"

#include <utility>

namespace labstore::storage {

awaitable<result<void>> engine::configure_bucket(std::string name, config_change change) {
    const auto bucket = all_.buckets.find(name);
    if (!bucket)
        co_return errc::no_such_bucket;
    const auto row_key = row_keys::bucket(bucket->name);
    write_retry retry(all_, bucket);
    for (;;) {
        auto wanted = row_key;
        auto row = co_await read_row<records::bucket>(all_.index, meta::system_partition, std::move(wanted));
        LABSTORE_CO_TRY(row);
        if (!row->has_value() || (*row)->record.id() != bucket->id)
            co_return errc::no_such_bucket;
        auto& record = (*row)->record;
        const auto known = to_config(record);
        auto config = known ? *known : bucket_config{};
        auto changed = change(config);
        LABSTORE_CO_TRY(changed);
        // First, so that rules are never there without it: from here on each batch keeps it.
        if (!config.lifecycle.rules.empty()) {
            auto timed = co_await keep_time_index(all_, bucket);
            LABSTORE_CO_TRY(timed);
        }
        set_config(record, config);
        meta::batch batch;
        batch.preconditions.push_back(meta::at_revision(row_key, (*row)->rev));
        batch.put(row_key, encode(record));
        auto applied = co_await apply(all_, meta::system_partition, std::move(batch));
        if (applied) {
            all_.buckets.learn_config(*bucket, to_config(record), *applied);
            co_return result<void>();
        }
        // Doing it again is harmless.
        if (applied.error() != errc::conflict && applied.error() != errc::unknown)
            co_return applied.error();
        auto again = co_await retry.next();
        LABSTORE_CO_TRY(again);
    }
}

awaitable<result<object_info>> engine::replace_tags(object_name name, tag_list tags) {
    auto change = [tags = std::move(tags)](const bucket_info&, records::object& record) -> result<void> {
        auto& kept = *record.mutable_attributes();
        kept.clear_tags();
        for (const auto& [tag, value] : tags) {
            auto& one = *kept.add_tags();
            one.set_name(tag);
            one.set_value(value);
        }
        return {};
    };
    auto found = co_await update_version(all_, std::move(name), std::move(change));
    LABSTORE_CO_TRY(found);
    co_return describe(std::move(found->key), found->record, *found->bucket);
}

awaitable<result<object_info>> engine::change_lock(object_name name, lock_change change) {
    auto change_record =
        [change = std::move(change)](const bucket_info& bucket, records::object& record) -> result<void> {
        if (!bucket.object_lock)
            return errc::invalid_request;
        auto lock = lock_of(record);
        LABSTORE_TRY(change(lock));
        set_lock(record, lock);
        return {};
    };
    auto found = co_await update_version(all_, std::move(name), std::move(change_record));
    LABSTORE_CO_TRY(found);
    co_return describe(std::move(found->key), found->record, *found->bucket);
}

}  // namespace labstore::storage
