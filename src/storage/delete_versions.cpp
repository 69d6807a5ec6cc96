#include "storage/delete_versions.hpp"

#include "storage/conditions.hpp"
#include "storage/lock.hpp"
#include "storage/row_keys.hpp"
#include "storage/versioned_key.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <utility>

namespace labstore::storage {
namespace {

using runtime::awaitable;

constexpr int shared_tries_max = 3;

/// What one entry came to, also where its conditions do not hold, and the marker it made.
struct planned {
    planned() = default;

    result<delete_result> outcome = delete_result{};
    std::optional<records::object> marker;
};

/// What the lifecycle wants gone is still due, and nothing came or went since it looked. `object` is what goes or is
/// hidden; null where there is none.
bool is_still_due(const due_check& due, const versioned_key& key, const object_info* object) {
    if (due.key_revision && *due.key_revision != key.state_revision())
        return false;
    return object != nullptr && due.still_due(*object);
}

/// One version goes. Of one that is not there nothing is left to be done.
awaitable<result<planned>> plan_removal(
    versioned_key& key, const delete_entry& entry, const bucket_info& bucket, wall_time now
) {
    planned out;
    out.outcome->version_id = entry.version_id;
    auto version_id = entry.version_id;
    auto found = co_await key.find(std::move(version_id));
    LABSTORE_CO_TRY(found);
    if (!found->has_value())
        co_return std::move(out);
    const auto object = describe(entry.key, **found, bucket);
    if (auto judged = judge(entry.conditions, object); !judged) {
        out.outcome = judged.error();
        co_return std::move(out);
    }
    if (entry.due && !is_still_due(*entry.due, key, &object)) {
        out.outcome = errc::precondition_failed;
        co_return std::move(out);
    }
    if (!lock_allows_removal(**found, now, entry.conditions.bypass_governance)) {
        out.outcome = errc::access_denied;
        co_return std::move(out);
    }
    out.outcome->existed = true;
    out.outcome->delete_marker = (*found)->delete_marker();
    auto removed = co_await key.remove(std::move(**found));
    LABSTORE_CO_TRY(removed);
    co_return std::move(out);
}

/// A delete marker comes. Conditions speak of the current version; where there is nothing at all, nothing is done.
awaitable<result<planned>> plan_marker(
    versioned_key& key, const delete_entry& entry, const bucket_info& bucket, const account& owner
) {
    planned out;
    const auto* const current = key.current();
    if (entry.due) {
        std::optional<object_info> object;
        if (current != nullptr)
            object = describe(entry.key, *current, bucket);
        if (!is_still_due(*entry.due, key, object ? &*object : nullptr)) {
            out.outcome = errc::precondition_failed;
            co_return std::move(out);
        }
    }
    if (current != nullptr) {
        if (auto judged = judge(entry.conditions, describe(entry.key, *current, bucket)); !judged) {
            out.outcome = judged.error();
            co_return std::move(out);
        }
    } else if (!empty(entry.conditions)) {
        // Of a delete marker, which has no ETag, only "*" is true.
        const auto judged = judge(entry.conditions, object_info{});
        if (key.exists() && !judged)
            out.outcome = judged.error();
        if (!key.exists() || !judged)
            co_return std::move(out);
    }
    out.outcome->existed = current != nullptr;
    auto& marker = out.marker.emplace();
    marker.set_token(row_keys::random_bytes(row_keys::token_size_bytes));
    marker.set_delete_marker(true);
    set_owner(marker, owner, bucket);
    auto added = co_await key.add(marker);
    LABSTORE_CO_TRY(added);
    out.outcome->delete_marker = true;
    out.outcome->version_id = describe({}, marker, bucket).version_id;
    co_return std::move(out);
}

awaitable<result<planned>> plan(
    versioned_key& key, const delete_entry& entry, const bucket_info& bucket, wall_time now
) {
    if (!entry.version_id.empty()) {
        auto removal = co_await plan_removal(key, entry, bucket, now);
        co_return removal;
    }
    auto marker = co_await plan_marker(key, entry, bucket, bucket.owner);
    co_return marker;
}

/// After an unknown outcome: did the entry happen? A version that was to go and is not there has gone. Whether it is not
/// there has to be settled.
awaitable<result<bool>> has_happened(versioned_key& key, const delete_entry& entry, const planned& tried) {
    if (tried.marker) {
        auto holds = co_await key.holds(*tried.marker);
        co_return holds;
    }
    auto version_id = entry.version_id;
    auto found = co_await key.find(std::move(version_id));
    if (!found)
        co_return to_errc(found.error());
    co_return !found->has_value();
}

/// The entries of one request, in one batch.
class shared_deletion {
  public:
    shared_deletion(
        services& all,
        const bucket_ptr& bucket,
        std::span<const delete_entry> entries,
        std::span<result<delete_result>> outcomes
    )
        : all_(all), bucket_(bucket), entries_(entries), outcomes_(outcomes) {}

    /// The batch's outcome: conditions that do not hold stand in their entry's.
    awaitable<result<void>> run() {
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            auto valid = object_key::parse(entries_[i].key);
            if (!valid) {
                outcomes_[i] = valid.error();
                continue;
            }
            auto done = co_await plan_entry(entries_[i]);
            LABSTORE_CO_TRY(done);
            outcomes_[i] = std::move(done->outcome);
        }
        meta::batch batch;
        std::vector<records::leftover> leftovers;
        for (auto& [name, key] : keys_) {
            if (key->changed()) {
                key->move_to(batch, leftovers);
                continue;
            }
            auto settled = co_await key->is_settled();
            LABSTORE_CO_TRY(settled);
            if (!*settled)
                co_return errc::conflict;
        }
        if (batch.mutations.empty())
            co_return result<void>();
        auto applied = co_await apply_in_bucket(all_, bucket_, std::move(batch), std::move(leftovers));
        LABSTORE_CO_TRY(applied);
        co_return result<void>();
    }

  private:
    awaitable<result<planned>> plan_entry(const delete_entry& entry) {
        auto known = keys_.find(entry.key);
        if (known == keys_.end()) {
            auto key = std::make_unique<versioned_key>(all_, bucket_, entry.key);
            auto loaded = co_await key->load();
            LABSTORE_CO_TRY(loaded);
            known = keys_.emplace(entry.key, std::move(key)).first;
        }
        auto done = co_await plan(*known->second, entry, *bucket_, all_.time.now());
        co_return done;
    }

    services& all_;
    const bucket_ptr& bucket_;
    std::span<const delete_entry> entries_;
    std::span<result<delete_result>> outcomes_;
    std::map<std::string_view, std::unique_ptr<versioned_key>> keys_;
};

/// One attempt. conflict: look anew; with `uncertain` set, look first whether it happened.
awaitable<result<delete_result>> try_once(
    services& all,
    const bucket_ptr& bucket,
    versioned_key& key,
    const delete_entry& entry,
    std::optional<planned>& uncertain
) {
    auto now = co_await plan(key, entry, *bucket, all.time.now());
    LABSTORE_CO_TRY(now);
    if (!key.changed()) {
        auto settled = co_await key.is_settled();
        LABSTORE_CO_TRY(settled);
        if (!*settled)
            co_return errc::conflict;
        co_return std::move(now->outcome);
    }
    meta::batch batch;
    std::vector<records::leftover> leftovers;
    key.move_to(batch, leftovers);
    auto applied = co_await apply_in_bucket(all, bucket, std::move(batch), std::move(leftovers));
    if (applied)
        co_return std::move(now->outcome);
    if (applied.error() != errc::unknown)
        co_return applied.error();
    uncertain = std::move(*now);
    co_return errc::conflict;
}

/// After an attempt whose outcome nobody knew. conflict: it did not happen, or the look has to be repeated.
awaitable<result<delete_result>> look_again(
    versioned_key& key, const delete_entry& entry, std::optional<planned>& uncertain
) {
    auto happened = co_await has_happened(key, entry, *uncertain);
    LABSTORE_CO_TRY(happened);
    auto settled = co_await key.is_settled();
    LABSTORE_CO_TRY(settled);
    if (!*settled)
        co_return errc::conflict;
    if (*happened)
        co_return std::move(uncertain->outcome);
    uncertain.reset();
    co_return errc::conflict;
}

/// As many together as are not disturbed: entries that somebody keeps changing (compaction moves rows by the hundred) are
/// parted in halves. Those of one key stay in their order.
awaitable<void> delete_together(
    services& all,
    bucket_ptr bucket,
    std::span<const delete_entry> entries,
    std::span<result<delete_result>> outcomes
) {
    write_retry retry(all, bucket);
    bool disturbed = true;
    for (int tries = 0; tries < shared_tries_max && disturbed; ++tries) {
        shared_deletion together(all, bucket, entries, outcomes);
        auto applied = co_await together.run();
        if (applied)
            co_return;
        disturbed = applied.error() == errc::conflict;
        if (!disturbed)
            break;
        auto again = co_await retry.next();
        if (!again) {
            std::fill(outcomes.begin(), outcomes.end(), result<delete_result>(again.error()));
            co_return;
        }
        bucket = retry.bucket();
    }
    if (disturbed && entries.size() > 1) {
        const auto half = entries.size() / 2;
        co_await delete_together(all, bucket, entries.first(half), outcomes.first(half));
        co_await delete_together(all, bucket, entries.subspan(half), outcomes.subspan(half));
        co_return;
    }
    // One that keeps changing, one that cannot be read, or nobody knows: one by one each finds its own end.
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (!object_key::parse(entries[i].key))
            continue;
        auto entry = entries[i];
        outcomes[i] = co_await delete_version(all, bucket, std::move(entry));
    }
}

}  // namespace

awaitable<result<delete_result>> delete_version(services& all, bucket_ptr bucket, delete_entry entry) {
    write_retry retry(all, bucket);
    std::optional<planned> uncertain;
    for (;;) {
        versioned_key key(all, bucket, entry.key);
        auto loaded = co_await key.load();
        LABSTORE_CO_TRY(loaded);
        result<delete_result> tried = errc::conflict;
        if (uncertain)
            tried = co_await look_again(key, entry, uncertain);
        else
            tried = co_await try_once(all, bucket, key, entry, uncertain);
        if (tried || tried.error() != errc::conflict)
            co_return tried;
        auto again = co_await retry.next();
        LABSTORE_CO_TRY(again);
        bucket = retry.bucket();
    }
}

awaitable<std::vector<result<delete_result>>> delete_versions(
    services& all, bucket_ptr bucket, std::vector<delete_entry> entries
) {
    std::vector<result<delete_result>> outcomes(entries.size(), result<delete_result>(delete_result{}));
    co_await delete_together(all, std::move(bucket), entries, outcomes);
    co_return outcomes;
}

}  // namespace labstore::storage
