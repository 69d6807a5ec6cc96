#include "storage/conditions.hpp"
#include "storage/delete_versions.hpp"
#include "storage/engine.hpp"
#include "storage/row_keys.hpp"
#include "storage/time_index.hpp"

#include <set>
#include <utility>

namespace labstore::storage {
namespace {

using object_row = std::optional<stored<records::object>>;

constexpr int shared_tries_max = 3;

/// Whether this entry takes the row away: false when there is nothing to take.
result<bool> wants_removal(const object_row& row, const delete_entry& entry, const bucket_info& bucket) {
    if (!row)
        return false;
    if (entry.version_id.empty() && empty(entry.conditions) && !entry.due)
        return true;
    const auto object = describe(entry.key, row->record, bucket);
    const bool null_wanted = entry.version_id == "null" && row->record.null_version();
    if (!entry.version_id.empty() && !null_wanted && entry.version_id != object.version_id)
        return false;
    if (entry.due && !entry.due->still_due(object))
        return errc::precondition_failed;
    if (auto judged = judge(entry.conditions, object); !judged)
        return to_errc(judged.error());
    return true;
}

void add_removal(
    meta::batch& batch,
    const bucket_info& bucket,
    const std::string& key,
    const stored<records::object>& row,
    std::vector<records::leftover>& leftovers
) {
    auto row_key = row_keys::object(key);
    batch.preconditions.push_back(meta::at_revision(row_key, row.rev));
    batch.remove(std::move(row_key));
    remove_version_time(batch, bucket, key, row.record);
    if (auto leftover = leftover_of(row.record))
        leftovers.push_back(std::move(*leftover));
}

delete_result removed_of(const stored<records::object>& row) {
    delete_result out;
    out.existed = true;
    if (!row.record.version_id().empty())
        out.version_id = to_hex(as_bytes(row.record.version_id()));
    return out;
}

/// A delete that may have happened has happened, unless the very row is still there.
awaitable<result<delete_result>> delete_one(services& all, bucket_ptr bucket, delete_entry entry) {
    write_retry retry(all, bucket);
    std::optional<stored<records::object>> uncertain;
    for (;;) {
        if (is_versioned(*bucket)) {
            auto done = co_await delete_version(all, std::move(bucket), std::move(entry));
            co_return done;
        }
        auto row = co_await read_object_row(all, bucket, entry.key);
        LABSTORE_CO_TRY(row);
        const bool changed = uncertain && (!row->has_value() || (*row)->rev != uncertain->rev);
        if (changed)
            co_return removed_of(*uncertain);
        uncertain.reset();
        auto wanted = wants_removal(*row, entry, *bucket);
        LABSTORE_CO_TRY(wanted);
        if (!*wanted)
            co_return delete_result{};
        meta::batch batch;
        std::vector<records::leftover> leftovers;
        add_removal(batch, *bucket, entry.key, **row, leftovers);
        auto applied = co_await apply_in_bucket(all, bucket, std::move(batch), std::move(leftovers));
        if (applied)
            co_return removed_of(**row);
        if (applied.error() == errc::unknown) {
            uncertain = std::move(**row);
            continue;
        }
        if (applied.error() != errc::conflict)
            co_return applied.error();
        auto again = co_await retry.next();
        LABSTORE_CO_TRY(again);
        bucket = retry.bucket();
    }
}

/// Deletes of one request. Each round commits together what can be; a second entry of the same key waits for
/// the next round. Where somebody keeps changing some of them (compaction moves rows by the hundred), the entries are
/// parted until what is not disturbed is through.
class delete_round {
  public:
    delete_round(services& all, bucket_ptr bucket, std::vector<delete_entry>& entries)
        : all_(all),
          bucket_(std::move(bucket)),
          entries_(entries),
          outcomes_(entries.size(), result<delete_result>(delete_result{})) {}

    awaitable<std::vector<result<delete_result>>> run() {
        std::vector<std::size_t> left(entries_.size());
        for (std::size_t i = 0; i < left.size(); ++i)
            left[i] = i;
        while (!left.empty()) {
            std::vector<std::size_t> now;
            std::vector<std::size_t> later;
            std::set<std::string_view> keys;
            for (const auto i : left)
                (keys.insert(entries_[i].key).second ? now : later).push_back(i);
            co_await commit_together(std::move(now));
            left = std::move(later);
        }
        co_return std::move(outcomes_);
    }

  private:
    awaitable<void> commit_together(std::vector<std::size_t> which) {
        for (int tries = 0; tries < shared_tries_max; ++tries) {
            meta::batch batch;
            std::vector<records::leftover> leftovers;
            for (const auto i : which)
                co_await add(i, batch, leftovers);
            if (batch.mutations.empty())
                co_return;
            auto applied = co_await apply_in_bucket(all_, bucket_, std::move(batch), std::move(leftovers));
            if (applied)
                co_return;
            if (applied.error() == errc::unknown) {
                // One by one each finds out what became of it.
                for (const auto i : which)
                    co_await finish_alone(i);
                co_return;
            }
            if (applied.error() != errc::conflict) {
                for (const auto i : which)
                    outcomes_[i] = applied.error();
                co_return;
            }
        }
        if (which.size() == 1) {
            co_await finish_alone(which.front());
            co_return;
        }
        const auto middle = which.begin() + static_cast<std::ptrdiff_t>(which.size() / 2);
        std::vector<std::size_t> second(middle, which.end());
        which.erase(middle, which.end());
        co_await commit_together(std::move(which));
        co_await commit_together(std::move(second));
    }

    awaitable<void> finish_alone(std::size_t i) {
        auto entry = entries_[i];
        outcomes_[i] = co_await delete_one(all_, bucket_, std::move(entry));
    }

    awaitable<void> add(std::size_t i, meta::batch& batch, std::vector<records::leftover>& leftovers) {
        const auto& entry = entries_[i];
        auto valid = object_key::parse(entry.key);
        if (!valid) {
            outcomes_[i] = valid.error();
            co_return;
        }
        auto row = co_await read_object_row(all_, bucket_, entry.key);
        if (!row) {
            outcomes_[i] = row.error();
            co_return;
        }
        auto wanted = wants_removal(*row, entry, *bucket_);
        if (!wanted) {
            outcomes_[i] = wanted.error();
            co_return;
        }
        outcomes_[i] = *wanted ? removed_of(**row) : delete_result{};
        if (*wanted)
            add_removal(batch, *bucket_, entry.key, **row, leftovers);
    }

    services& all_;
    bucket_ptr bucket_;
    std::vector<delete_entry>& entries_;
    std::vector<result<delete_result>> outcomes_;
};

}  // namespace

awaitable<std::vector<result<delete_result>>> delete_entries(
    services& all, bucket_ptr bucket, std::vector<delete_entry> entries
) {
    if (is_versioned(*bucket)) {
        auto outcomes = co_await delete_versions(all, std::move(bucket), std::move(entries));
        co_return outcomes;
    }
    delete_round round(all, std::move(bucket), entries);
    auto outcomes = co_await round.run();
    co_return outcomes;
}

awaitable<result<delete_result>> engine::delete_object(object_name name, delete_conditions conditions) {
    auto bucket = all_.buckets.find(name.bucket);
    if (!bucket)
        co_return errc::no_such_bucket;
    auto valid = object_key::parse(name.key);
    LABSTORE_CO_TRY(valid);
    delete_entry entry{std::move(name.key), std::move(name.version_id), std::move(conditions), nullptr};
    auto done = co_await delete_one(all_, std::move(bucket), std::move(entry));
    co_return done;
}

awaitable<result<std::vector<result<delete_result>>>> engine::delete_objects(
    std::string bucket, std::vector<delete_entry> entries
) {
    auto found = all_.buckets.find(bucket);
    if (!found)
        co_return errc::no_such_bucket;
    auto outcomes = co_await delete_entries(all_, std::move(found), std::move(entries));
    co_return outcomes;
}

}  // namespace labstore::storage
