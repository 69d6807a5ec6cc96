#pragma once

#include "storage/bucket_state.hpp"
#include "storage/record_codec.hpp"
#include "storage/services.hpp"
#include "storage/write_retry.hpp"

#include <optional>
#include <string>
#include <vector>

namespace labstore::storage {

/// An object version about to become the current one of its key, with everything that has to happen together
/// with it.
struct object_change {
    bucket_ptr bucket;
    std::string key;
    records::object record;  // sequence, version id and modification time are set by each attempt
    write_conditions conditions;
    std::vector<meta::precondition> preconditions;  // besides the live bucket and the version replaced
    std::vector<meta::mutation> mutations;          // besides the object's row and the clean-up intent
    std::vector<records::leftover> leftovers;       // besides those of the version replaced
    /// Judged already by the caller against this state of the row; spares the first look.
    std::optional<std::optional<stored<records::object>>> known_row;
    /// Out: an attempt failed in a way that may have applied it. Its blobs must not be removed.
    bool may_have_applied = false;
};

/// The bucket is live and versioned as we believe: part of every batch that changes what is in it.
[[nodiscard]] meta::precondition held_state(const bucket_info& bucket);

/// The object's row as it is now.
runtime::awaitable<result<std::optional<stored<records::object>>>> read_object_row(
    services& all, const bucket_ptr& bucket, const std::string& key
);

/// Judges write conditions against a row.
[[nodiscard]] result<void> judge_row(
    const write_conditions& conditions, const std::optional<stored<records::object>>& row
);

/// The same against a record; nullptr where the key has no current version.
[[nodiscard]] result<void> judge_object(const write_conditions& conditions, const records::object* current);

/// One attempt: look, judge, apply, and after an unknown outcome look whether it was applied. conflict when
/// somebody was faster.
runtime::awaitable<result<put_result>> try_commit(services& all, object_change& change);

/// Attempts until it is done or refused. `change` outlives the call.
runtime::awaitable<result<put_result>> commit_object(services& all, object_change& change);

/// After a commit that failed: gives the blobs back unless the index may name them.
runtime::awaitable<void> discard_blobs(services& all, std::vector<blob::ref> refs, bool may_be_named);

/// Applies, counting unknown outcomes.
runtime::awaitable<result<meta::revision>> apply(
    services& all,
    meta::partition_id partition,
    meta::batch batch,
    meta::sync mode = meta::sync::as_configured
);

/// Applies a change of what is in a live bucket: holds the bucket's state, writes the intent for `leftovers`, and tells the
/// ledger of it once it may be there.
runtime::awaitable<result<meta::revision>> apply_in_bucket(
    services& all, bucket_ptr bucket, meta::batch batch, std::vector<records::leftover> leftovers
);

/// Reads a row after an unknown outcome, patiently: the answer decides what is promised.
runtime::awaitable<result<std::optional<meta::entry>>> read_back(
    services& all, meta::partition_id partition, std::string key
);

/// Adds the intent row for `leftovers` to the batch; false when there are none. The caller tells the ledger once
/// the batch is applied.
[[nodiscard]] bool add_clean_up(services& all, meta::batch& batch, std::vector<records::leftover> leftovers);

/// Could a batch that failed like this have been applied all the same?
[[nodiscard]] bool is_uncertain(const error_code& failure) noexcept;

}  // namespace labstore::storage
