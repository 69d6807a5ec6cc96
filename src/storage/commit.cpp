#include "storage/commit.hpp"

#include "storage/conditions.hpp"
#include "storage/row_keys.hpp"

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

struct prepared_batch {
    meta::batch batch;
    bool cleans_up = false;
};

prepared_batch make_batch(services& all, const object_change& change, const object_row& old) {
    const auto row_key = row_keys::object(change.key);
    prepared_batch out;
    auto& batch = out.batch;
    batch.preconditions.reserve(change.preconditions.size() + 2);
    batch.preconditions = change.preconditions;
    batch.preconditions.push_back(meta::has_value(row_keys::state(), std::string(live_state)));
    batch.preconditions.push_back(old ? meta::at_revision(row_key, old->rev) : meta::absent(row_key));
    batch.mutations.reserve(change.mutations.size() + 2);
    batch.mutations = change.mutations;
    batch.put(row_key, encode(change.record));
    auto leftovers = change.leftovers;
    // A version rewritten in place keeps its bytes.
    if (old && old->record.token() != change.record.token()) {
        if (auto replaced = leftover_of(old->record))
            leftovers.push_back(std::move(*replaced));
    }
    out.cleans_up = add_clean_up(all, batch, std::move(leftovers));
    return out;
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

}  // namespace

runtime::awaitable<result<object_row>> read_object_row(
    services& all, const bucket_ptr& bucket, const std::string& key
) {
    auto row_key = row_keys::object(key);
    auto row = co_await read_row<records::object>(all.index, partition_of(*bucket), std::move(row_key));
    co_return row;
}

result<void> judge_row(const write_conditions& conditions, const object_row& row) {
    if (empty(conditions))
        return {};
    if (!row)
        return judge(conditions, nullptr);
    const auto etag = etag_text(row->record.etag_md5(), row->record.etag_parts());
    return judge(conditions, &etag);
}

runtime::awaitable<result<put_result>> try_commit(services& all, object_change& change) {
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
    auto prepared = make_batch(all, change, old);
    auto applied = co_await apply(all, partition_of(*change.bucket), std::move(prepared.batch));
    change.may_have_applied = !applied && is_uncertain(applied.error());
    if (prepared.cleans_up && (applied || change.may_have_applied))
        all.clean_ups.added(change.bucket->id);
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
