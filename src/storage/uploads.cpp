#include "storage/uploads.hpp"

#include "storage/commit.hpp"
#include "storage/row_keys.hpp"
#include "storage/time_index.hpp"

namespace labstore::storage {
namespace {

/// Replaces `old` in the part's row, on condition that the upload is still there and its bucket is not being
/// deleted.
meta::batch make_batch(
    services& all, const part_change& change, const std::optional<stored<records::part>>& old, bool& cleans_up
) {
    auto row_key = row_keys::part(change.upload_id, change.record.number());
    meta::batch batch;
    meta::precondition upload_there;
    upload_there.what = meta::precondition::kind::present;
    upload_there.key = row_keys::upload(change.key, change.upload_id);
    batch.preconditions.push_back(std::move(upload_there));
    batch.preconditions.push_back(held_state(*change.bucket));
    batch.preconditions.push_back(old ? meta::at_revision(row_key, old->rev) : meta::absent(row_key));
    batch.put(std::move(row_key), encode(change.record));
    std::vector<records::leftover> leftovers;
    if (old && old->record.has_blob())
        *leftovers.emplace_back().add_blobs() = old->record.blob();
    cleans_up = add_clean_up(all, batch, std::move(leftovers));
    return batch;
}

/// After an outcome that nobody knows: ok when this very part is there (the record tells, its blob is its own),
/// conflict when it was not applied, unknown when it may have been taken by a Complete or replaced since.
runtime::awaitable<result<void>> decide_unknown(
    services& all, const part_change& change, const std::optional<stored<records::part>>& old
) {
    auto row_key = row_keys::part(change.upload_id, change.record.number());
    auto row = co_await read_back(all, partition_of(*change.bucket), std::move(row_key));
    LABSTORE_CO_TRY(row);
    if (row->has_value() && (*row)->value == encode(change.record))
        co_return result<void>();
    auto upload_key = row_keys::upload(change.key, change.upload_id);
    auto upload = co_await read_back(all, partition_of(*change.bucket), std::move(upload_key));
    LABSTORE_CO_TRY(upload);
    // Part rows go only when their upload has gone.
    const bool unchanged = row->has_value() ? old && (*row)->rev == old->rev : !old.has_value();
    if (upload->has_value() && unchanged)
        co_return errc::conflict;
    co_return errc::unknown;
}

runtime::awaitable<result<part_info>> try_until_done(
    services& all, part_change& change, bool& may_have_applied
) {
    write_retry retry(all, change.bucket);
    for (;;) {
        auto row_key = row_keys::part(change.upload_id, change.record.number());
        auto old =
            co_await read_row<records::part>(all.index, partition_of(*change.bucket), std::move(row_key));
        LABSTORE_CO_TRY(old);
        bool cleans_up = false;
        auto batch = make_batch(all, change, *old, cleans_up);
        auto applied = co_await apply(all, partition_of(*change.bucket), std::move(batch));
        may_have_applied = !applied && is_uncertain(applied.error());
        if (cleans_up && (applied || may_have_applied))
            all.clean_ups.added(change.bucket->id);
        if (applied)
            co_return describe_part(change.record, 0);
        auto failure = applied.error();
        if (failure == errc::unknown) {
            auto decided = co_await decide_unknown(all, change, *old);
            if (decided)
                co_return describe_part(change.record, 0);
            failure = decided.error();
            may_have_applied = failure != errc::conflict;
        }
        if (failure != errc::conflict)
            co_return failure;
        auto upload_key = row_keys::upload(change.key, change.upload_id);
        auto upload = co_await all.index.get(partition_of(*change.bucket), std::move(upload_key));
        LABSTORE_CO_TRY(upload);
        if (!upload->has_value())
            co_return errc::no_such_upload;
        auto again = co_await retry.next();
        LABSTORE_CO_TRY(again);
        change.bucket = retry.bucket();
    }
}

}  // namespace

runtime::awaitable<result<found_upload>> find_open_upload(
    services& all, std::string bucket, std::string key, std::string upload_id
) {
    found_upload out;
    out.bucket = all.buckets.find(bucket);
    if (!out.bucket)
        co_return errc::no_such_bucket;
    auto valid = object_key::parse(key);
    LABSTORE_CO_TRY(valid);
    auto id = from_hex(upload_id);
    if (!id || id->size() != row_keys::token_size_bytes)
        co_return errc::no_such_upload;
    auto row_key = row_keys::upload(key, *id);
    auto row = co_await read_row<records::upload>(all.index, partition_of(*out.bucket), std::move(row_key));
    LABSTORE_CO_TRY(row);
    if (!row->has_value())
        co_return errc::no_such_upload;
    out.key = std::move(key);
    out.id = std::move(*id);
    out.record = std::move((*row)->record);
    out.rev = (*row)->rev;
    co_return std::move(out);
}

runtime::awaitable<result<void>> abort_open_upload(
    services& all, std::string bucket, std::string key, std::string upload_id
) {
    bool uncertain = false;
    for (;;) {
        auto found = co_await find_open_upload(all, bucket, key, upload_id);
        // After an unknown outcome its absence says that it worked, or that another ended it.
        if (!found && uncertain && found.error() == errc::no_such_upload)
            co_return result<void>();
        LABSTORE_CO_TRY(found);
        auto row_key = row_keys::upload(found->key, found->id);
        meta::batch batch;
        batch.preconditions.push_back(meta::at_revision(row_key, found->rev));
        batch.remove(std::move(row_key));
        remove_upload_time(
            batch, *found->bucket, found->key, found->id, time_of(found->record.initiated_ns())
        );
        // The part rows stay for the clean-up: however many they are, this is one small batch.
        std::vector<records::leftover> leftovers(1);
        leftovers.front().set_upload_id(found->id);
        const bool cleans_up = add_clean_up(all, batch, std::move(leftovers));
        LABSTORE_ASSERT(cleans_up);
        auto applied = co_await apply(all, partition_of(*found->bucket), std::move(batch));
        if (applied || is_uncertain(applied.error()))
            all.clean_ups.added(found->bucket->id);
        if (applied)
            co_return result<void>();
        if (applied.error() != errc::conflict && applied.error() != errc::unknown)
            co_return applied.error();
        uncertain = uncertain || applied.error() == errc::unknown;
    }
}

runtime::awaitable<result<part_info>> commit_part(services& all, part_change change) {
    bool may_have_applied = false;
    auto done = co_await try_until_done(all, change, may_have_applied);
    if (!done && change.record.has_blob()) {
        std::vector<blob::ref> refs{to_ref(change.record.blob())};
        co_await discard_blobs(all, std::move(refs), may_have_applied);
    }
    co_return done;
}

result<void> check_part_checksum(
    const records::upload& upload, const std::optional<checksum_value>& checksum
) {
    if (!checksum || upload.checksum_algorithm() == 0)
        return {};
    if (static_cast<std::uint32_t>(checksum->algorithm) != upload.checksum_algorithm())
        return errc::invalid_request;
    return {};
}

}  // namespace labstore::storage
