#include "storage/commit.hpp"

#include "storage/conditions.hpp"
#include "storage/lock.hpp"
#include "storage/row_keys.hpp"
#include "storage/time_index.hpp"
#include "storage/versioned_key.hpp"

#include <algorithm>
#include <utility>

namespace labstore::storage {
namespace {

constexpr int read_back_tries = 50;
constexpr std::chrono::milliseconds read_back_pause{20};

using object_row = std::optional<stored<records::object>>;

/// Later than the version it replaces, also when the clock steps back.
void stamp(services& all, records::object& record, const object_row& old) {
    const auto now = nanoseconds_of(all.time.now());
    auto sequence = static_cast<std::uint64_t>(now);
    if (old)
        sequence = std::max(sequence, old->record.sequence() + 1);
    record.set_sequence(sequence);
    record.set_modified_ns(now);
}

meta::batch make_batch(const object_change& change, const object_row& old) {
    const auto row_key = row_keys::object(change.key);
    meta::batch batch;
    batch.preconditions.reserve(change.preconditions.size() + 2);
    batch.preconditions = change.preconditions;
    batch.preconditions.push_back(old ? meta::at_revision(row_key, old->rev) : meta::absent(row_key));
    batch.mutations.reserve(change.mutations.size() + 2);
    batch.mutations = change.mutations;
    batch.put(row_key, encode(change.record));
    if (old)
        remove_version_time(batch, *change.bucket, change.key, old->record);
    add_version_time(batch, *change.bucket, change.key, change.record);
    return batch;
}

std::vector<records::leftover> leftovers_of(const object_change& change, const object_row& old) {
    auto leftovers = change.leftovers;
    // A version rewritten in place keeps its bytes.
    if (old && old->record.token() != change.record.token()) {
        if (auto replaced = leftover_of(old->record))
            leftovers.push_back(std::move(*replaced));
    }
    return leftovers;
}

/// After an unknown outcome. Ours is there: done. The old state is there: it was not applied, once the store
/// has answered. Anything else: somebody came after, nobody can tell whom they replaced.
runtime::awaitable<result<put_result>> decide_unknown(
    services& all, object_change& change, const object_row& old
) {
    auto row_key = row_keys::object(change.key);
    auto now = co_await read_back(all, partition_of(*change.bucket), std::move(row_key));
    LABSTORE_CO_TRY(now);
    const bool unchanged = now->has_value() ? old && (*now)->rev == old->rev : !old.has_value();
    if (unchanged) {
        change.may_have_applied = false;
        co_return errc::conflict;
    }
    if (now->has_value()) {
        auto record = decode<records::object>((*now)->value);
        LABSTORE_CO_TRY(record);
        if (record->token() == change.record.token() && record->sequence() == change.record.sequence())
            co_return describe_put(*record);
    }
    // Whoever came after listed our blobs for clean-up if they replaced us, and nobody names them now.
    change.may_have_applied = false;
    co_return errc::unknown;
}

/// After an unknown outcome in a bucket that is or was versioned. Ours is there, current or not: done. The key is as it
/// was: it was not applied. Anything else: nobody can tell what became of it.
runtime::awaitable<result<put_result>> decide_unknown_version(
    services& all, object_change& change, meta::revision state_rev
) {
    for (int tries = 0; tries < read_back_tries; ++tries) {
        if (tries != 0)
            co_await pause(read_back_pause);
        versioned_key now(all, change.bucket, change.key);
        auto loaded = co_await now.load();
        if (!loaded)
            continue;
        auto holds = co_await now.holds(change.record);
        if (!holds)
            continue;
        if (*holds)
            co_return describe_put(change.record);
        auto settled = co_await now.is_settled();
        if (!settled || !*settled)
            continue;
        // It is not there; where it was, whoever removed it listed its blobs for clean-up.
        change.may_have_applied = false;
        if (state_rev != 0 && now.state_revision() == state_rev)
            co_return errc::conflict;
        co_return errc::unknown;
    }
    co_return errc::unknown;
}

/// try_commit for a bucket that is or was versioned.
runtime::awaitable<result<put_result>> try_commit_version(services& all, object_change& change) {
    versioned_key key(all, change.bucket, change.key);
    auto loaded = co_await key.load();
    LABSTORE_CO_TRY(loaded);
    auto judged = judge_object(change.conditions, key.current());
    LABSTORE_CO_TRY(judged);
    // By the configuration of now: that of when the body began may be another.
    if (const auto now = all.buckets.find(change.bucket->name); now && now->id == change.bucket->id)
        add_default_lock(change.record, *now, all.time.now());
    auto added = co_await key.add(change.record);
    LABSTORE_CO_TRY(added);
    meta::batch batch;
    batch.preconditions = change.preconditions;
    batch.mutations = change.mutations;
    auto leftovers = change.leftovers;
    key.move_to(batch, leftovers);
    auto applied = co_await apply_in_bucket(all, change.bucket, std::move(batch), std::move(leftovers));
    change.may_have_applied = !applied && is_uncertain(applied.error());
    if (applied)
        co_return describe_put(change.record);
    if (applied.error() != errc::unknown)
        co_return applied.error();
    auto decided = co_await decide_unknown_version(all, change, key.state_revision());
    co_return decided;
}

}  // namespace

meta::precondition held_state(const bucket_info& bucket) {
    return meta::has_value(row_keys::state(), encode_state(state_of(bucket)));
}

runtime::awaitable<result<object_row>> read_object_row(
    services& all, const bucket_ptr& bucket, const std::string& key
) {
    auto row_key = row_keys::object(key);
    auto row = co_await read_row<records::object>(all.index, partition_of(*bucket), std::move(row_key));
    co_return row;
}

result<void> judge_row(const write_conditions& conditions, const object_row& row) {
    return judge_object(conditions, row ? &row->record : nullptr);
}

result<void> judge_object(const write_conditions& conditions, const records::object* current) {
    if (empty(conditions))
        return {};
    if (current == nullptr)
        return judge(conditions, nullptr);
    const auto etag = etag_text(current->etag_md5(), current->etag_parts());
    return judge(conditions, &etag);
}

runtime::awaitable<result<put_result>> try_commit(services& all, object_change& change) {
    if (is_versioned(*change.bucket)) {
        change.known_row.reset();
        auto done = co_await try_commit_version(all, change);
        co_return done;
    }
    object_row old;
    if (change.known_row) {
        old = std::move(*std::exchange(change.known_row, std::nullopt));
    } else {
        auto read = co_await read_object_row(all, change.bucket, change.key);
        LABSTORE_CO_TRY(read);
        old = std::move(*read);
    }
    auto judged = judge_row(change.conditions, old);
    LABSTORE_CO_TRY(judged);
    stamp(all, change.record, old);
    auto batch = make_batch(change, old);
    auto leftovers = leftovers_of(change, old);
    auto applied = co_await apply_in_bucket(all, change.bucket, std::move(batch), std::move(leftovers));
    change.may_have_applied = !applied && is_uncertain(applied.error());
    if (applied)
        co_return describe_put(change.record);
    if (applied.error() != errc::unknown)
        co_return applied.error();
    auto decided = co_await decide_unknown(all, change, old);
    co_return decided;
}

runtime::awaitable<result<put_result>> commit_object(services& all, object_change& change) {
    write_retry retry(all, change.bucket);
    for (;;) {
        auto done = co_await try_commit(all, change);
        if (done || done.error() != errc::conflict)
            co_return done;
        auto again = co_await retry.next();
        LABSTORE_CO_TRY(again);
        change.bucket = retry.bucket();
    }
}

runtime::awaitable<void> discard_blobs(services& all, std::vector<blob::ref> refs, bool may_be_named) {
    if (refs.empty() || may_be_named)
        co_return;
    // Failing here leaves orphans, which the next sweep finds: the request's own error is what matters.
    [[maybe_unused]] auto removed = co_await all.blobs.remove(std::move(refs));
}

runtime::awaitable<result<meta::revision>> apply(
    services& all, meta::partition_id partition, meta::batch batch, meta::sync mode
) {
    auto applied = co_await all.index.apply(partition, std::move(batch), mode);
    if (!applied && applied.error() == errc::unknown)
        all.unknown_outcomes.fetch_add(1, std::memory_order_relaxed);
    co_return applied;
}

runtime::awaitable<result<meta::revision>> apply_in_bucket(
    services& all, bucket_ptr bucket, meta::batch batch, std::vector<records::leftover> leftovers
) {
    batch.preconditions.push_back(held_state(*bucket));
    const bool cleans_up = add_clean_up(all, batch, std::move(leftovers));
    auto applied = co_await apply(all, partition_of(*bucket), std::move(batch));
    if (cleans_up && (applied || is_uncertain(applied.error())))
        all.clean_ups.added(bucket->id);
    co_return applied;
}

runtime::awaitable<result<std::optional<meta::entry>>> read_back(
    services& all, meta::partition_id partition, std::string key
) {
    for (int tries = 0; tries < read_back_tries; ++tries) {
        auto wanted = key;
        auto got = co_await all.index.get(partition, std::move(wanted));
        if (got)
            co_return got;
        co_await pause(read_back_pause);
    }
    co_return errc::unknown;
}

bool add_clean_up(services& all, meta::batch& batch, std::vector<records::leftover> leftovers) {
    if (leftovers.empty())
        return false;
    records::clean_up intent;
    for (auto& leftover : leftovers)
        *intent.add_leftovers() = std::move(leftover);
    batch.put(row_keys::clean_up(all.time.now()), encode(intent));
    return true;
}

bool is_uncertain(const error_code& failure) noexcept {
    switch (to_errc(failure)) {
        case errc::conflict:
        case errc::busy:
        case errc::full:
        case errc::too_large:
        case errc::slow_down:
            return false;
        default:
            return true;
    }
}

}  // namespace labstore::storage
