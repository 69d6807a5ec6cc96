#include "storage/engine.hpp"
#include "storage/row_keys.hpp"

#include <utility>

namespace labstore::storage {
namespace {

constexpr std::chrono::seconds other_deletion_max{2};
constexpr std::chrono::milliseconds other_deletion_pause{5};
constexpr int unmark_tries_max = 100;
constexpr std::chrono::milliseconds unmark_pause{20};

std::uint64_t new_bucket_id() {
    for (;;) {
        const auto id = read_big_endian<std::uint64_t>(row_keys::random_bytes(8)) >> 1;
        if (id != 0)
            return id;
    }
}

error_code already_there(const bucket_info& there, const account& owner) {
    return there.owner.id == owner.id ? errc::bucket_already_owned_by_you : errc::bucket_already_exists;
}

}  // namespace

awaitable<result<bucket_info>> engine::create_bucket(
    bucket_name name, account owner, std::string region, new_bucket wanted_bucket
) {
    if (const auto there = all_.buckets.find(name.str()))
        co_return already_there(*there, owner);
    if (all_.buckets.size() >= all_.settings.buckets_max)
        co_return errc::too_many_buckets;
    auto made = std::make_shared<bucket_info>();
    made->name = name.str();
    made->id = new_bucket_id();
    made->created = all_.time.now();
    made->owner = std::move(owner);
    made->region = std::move(region);
    made->object_lock = wanted_bucket.object_lock;
    if (made->object_lock)
        made->versioning = versioning_state::enabled;
    if (!wanted_bucket.tags.empty()) {
        bucket_config config;
        config.tags = std::move(wanted_bucket.tags);
        made->config = std::make_shared<const bucket_config>(std::move(config));
    }

    // The partition first: a name must never lead to a bucket that refuses its writes.
    meta::batch partition;
    partition.preconditions.push_back(meta::absent(row_keys::state()));
    partition.put(row_keys::state(), encode_state(state_of(*made)));
    auto prepared = co_await apply(all_, partition_of(*made), std::move(partition));
    LABSTORE_CO_TRY(prepared);

    const auto row_key = row_keys::bucket(made->name);
    meta::batch system;
    system.preconditions.push_back(meta::absent(row_key));
    system.put(row_key, encode(to_record(*made)));
    auto applied = co_await apply(all_, meta::system_partition, std::move(system));
    if (!applied && applied.error() != errc::conflict && applied.error() != errc::unknown)
        co_return applied.error();
    auto wanted = row_key;
    auto there = co_await read_back(all_, meta::system_partition, std::move(wanted));
    LABSTORE_CO_TRY(there);
    if (!there->has_value())
        co_return applied ? errc::operation_aborted : applied.error();
    auto record = decode<records::bucket>((*there)->value);
    LABSTORE_CO_TRY(record);
    if (record->id() != made->id) {
        meta::batch undo;
        undo.remove(row_keys::state());
        [[maybe_unused]] auto undone =
            co_await apply(all_, partition_of(*made), std::move(undo), meta::sync::none);
        co_return already_there(*to_bucket(made->name, *record), made->owner);
    }
    all_.buckets.insert(made);
    co_return *made;
}

result<bucket_ptr> engine::find_bucket(std::string_view name) const {
    auto found = all_.buckets.find(name);
    if (!found)
        return errc::no_such_bucket;
    return found;
}

awaitable<result<bucket_page>> engine::list_buckets(
    std::string prefix, std::string after, std::size_t limit
) {
    co_return all_.buckets.page(prefix, after, limit);
}

awaitable<result<void>> engine::delete_bucket(std::string name) {
    const auto bucket = all_.buckets.find(name);
    if (!bucket)
        co_return errc::no_such_bucket;
    auto mark = co_await mark_deleting(bucket);
    LABSTORE_CO_TRY(mark);
    auto holds = co_await holds_objects(bucket);
    if (!holds || *holds) {
        auto unmarked = co_await unmark_deleting(bucket, std::move(*mark));
        LABSTORE_CO_TRY(holds);
        LABSTORE_CO_TRY(unmarked);
        co_return errc::bucket_not_empty;
    }
    auto finished = co_await finish_deletion(bucket, std::move(*mark));
    co_return finished;
}

awaitable<result<std::string>> engine::mark_deleting(bucket_ptr bucket) {
    bucket_state wanted;
    const auto own_mark = to_hex(as_bytes(row_keys::random_bytes(8)));
    const auto give_up = std::chrono::steady_clock::now() + other_deletion_max;
    for (;;) {
        auto row = co_await all_.index.get(partition_of(*bucket), row_keys::state());
        LABSTORE_CO_TRY(row);
        if (!row->has_value())
            co_return errc::no_such_bucket;
        const auto state = parse_state((*row)->value);
        if (!state)
            co_return errc::corrupt;
        if (state->mark == own_mark)
            co_return (*row)->value;
        if (state->mark.empty()) {
            wanted = *state;
            wanted.mark = own_mark;
            auto mark = encode_state(wanted);
            meta::batch batch;
            batch.preconditions.push_back(meta::has_value(row_keys::state(), (*row)->value));
            batch.put(row_keys::state(), mark);
            auto applied = co_await apply(all_, partition_of(*bucket), std::move(batch));
            if (applied)
                co_return mark;
            if (applied.error() != errc::conflict && applied.error() != errc::unknown)
                co_return applied.error();
        } else {
            co_await pause(other_deletion_pause);
        }
        if (std::chrono::steady_clock::now() > give_up)
            co_return errc::operation_aborted;
    }
}

awaitable<result<bool>> engine::holds_objects(bucket_ptr bucket) {
    for (const char kind : {row_keys::object_kind, row_keys::version_kind}) {
        meta::scan_request scan;
        scan.prefix = std::string(1, kind);
        scan.limit = 1;
        scan.keys_only = true;
        auto page = co_await all_.index.scan(partition_of(*bucket), std::move(scan));
        if (!page)
            co_return to_errc(page.error());
        if (!page->rows.empty())
            co_return true;
    }
    co_return false;
}

awaitable<result<void>> engine::unmark_deleting(bucket_ptr bucket, std::string mark) {
    auto live = parse_state(mark);
    LABSTORE_ASSERT(live.has_value());
    live->mark.clear();
    error_code failure = errc::unknown;
    for (int tries = 0; tries < unmark_tries_max; ++tries) {
        meta::batch batch;
        batch.preconditions.push_back(meta::has_value(row_keys::state(), mark));
        batch.put(row_keys::state(), encode_state(*live));
        auto applied = co_await apply(all_, partition_of(*bucket), std::move(batch));
        // A conflict after an unknown outcome means that the mark is off.
        if (applied || applied.error() == errc::conflict)
            co_return result<void>();
        failure = applied.error();
        if (failure == errc::fatal)
            break;
        co_await pause(unmark_pause);
    }
    co_return failure;
}

awaitable<result<void>> engine::finish_deletion(bucket_ptr bucket, std::string mark) {
    const auto row_key = row_keys::bucket(bucket->name);
    auto wanted = row_key;
    auto row = co_await read_row<records::bucket>(all_.index, meta::system_partition, std::move(wanted));
    LABSTORE_CO_TRY(row);
    if (row->has_value() && (*row)->record.id() == bucket->id) {
        meta::batch system;
        system.preconditions.push_back(meta::at_revision(row_key, (*row)->rev));
        system.remove(row_key);
        system.put(row_keys::dead_partition(bucket->id), encode_state({}));
        auto applied = co_await apply(all_, meta::system_partition, std::move(system));
        if (!applied && applied.error() == errc::unknown) {
            auto again = row_key;
            auto left = co_await read_back(all_, meta::system_partition, std::move(again));
            LABSTORE_CO_TRY(left);
            if (left->has_value() && (*left)->rev == (*row)->rev) {
                auto unmarked = co_await unmark_deleting(bucket, std::move(mark));
                LABSTORE_CO_TRY(unmarked);
                co_return errc::operation_aborted;
            }
        } else if (!applied) {
            [[maybe_unused]] auto unmarked = co_await unmark_deleting(bucket, std::move(mark));
            if (applied.error() == errc::conflict)
                co_return errc::operation_aborted;
            co_return applied.error();
        }
    }
    all_.buckets.erase(*bucket);
    meta::batch partition;
    partition.remove(row_keys::state());
    // The name is gone already: a crash before this is finished by the next start. Uploads that were open end in
    // the clean-up of the dead partition; no part can join them, for the state is not live any more.
    [[maybe_unused]] auto removed = co_await apply(all_, partition_of(*bucket), std::move(partition));
    all_.clean_ups.may_have_rows(bucket->id, true);
    co_return result<void>();
}

awaitable<result<void>> engine::load() {
    meta::scan_request scan;
    scan.prefix = std::string(1, row_keys::bucket_kind);
    for (;;) {
        auto wanted = scan;
        auto page = co_await all_.index.scan(meta::system_partition, std::move(wanted));
        LABSTORE_CO_TRY(page);
        for (const auto& row : page->rows) {
            auto record = decode<records::bucket>(row.value);
            LABSTORE_CO_TRY(record);
            auto bucket = to_bucket(std::string(row.key.substr(1)), *record);
            all_.buckets.insert(bucket);
            all_.buckets.learn_config(*bucket, bucket->config, row.rev);
            all_.clean_ups.may_have_rows(bucket->id, false);
            auto loaded = co_await load_bucket(std::move(bucket));
            LABSTORE_CO_TRY(loaded);
            scan.after = row.key;
        }
        if (!page->more)
            break;
    }
    auto dead = co_await load_dead_partitions();
    co_return dead;
}

awaitable<result<void>> engine::load_bucket(bucket_ptr bucket) {
    auto row = co_await all_.index.get(partition_of(*bucket), row_keys::state());
    LABSTORE_CO_TRY(row);
    const auto state = row->has_value() ? parse_state((*row)->value) : std::nullopt;
    if (!state)
        co_return errc::corrupt;
    bucket = all_.buckets.learn_state(bucket, *state, (*row)->rev);
    if (state->mark.empty())
        co_return result<void>();
    auto mark = std::move((*row)->value);
    auto holds = co_await holds_objects(bucket);
    LABSTORE_CO_TRY(holds);
    if (*holds) {
        auto unmarked = co_await unmark_deleting(bucket, std::move(mark));
        co_return unmarked;
    }
    auto finished = co_await finish_deletion(bucket, std::move(mark));
    co_return finished;
}

awaitable<result<void>> engine::load_dead_partitions() {
    meta::scan_request scan;
    scan.prefix = std::string(1, row_keys::dead_partition_kind);
    for (;;) {
        auto wanted = scan;
        auto page = co_await all_.index.scan(meta::system_partition, std::move(wanted));
        LABSTORE_CO_TRY(page);
        for (const auto& row : page->rows) {
            if (row.key.size() != 9)
                co_return errc::corrupt;
            const auto id = read_big_endian<std::uint64_t>(row.key.substr(1));
            auto state = co_await all_.index.get(meta::partition_id{id}, row_keys::state());
            LABSTORE_CO_TRY(state);
            if (state->has_value()) {
                meta::batch batch;
                batch.remove(row_keys::state());
                auto removed = co_await apply(all_, meta::partition_id{id}, std::move(batch));
                LABSTORE_CO_TRY(removed);
            }
            all_.clean_ups.may_have_rows(id, true);
            scan.after = row.key;
        }
        if (!page->more)
            co_return result<void>();
    }
}

}  // namespace labstore::storage
