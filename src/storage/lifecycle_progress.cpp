#include "storage/lifecycle_progress.hpp"

#include "storage/commit.hpp"
#include "storage/row_keys.hpp"
#include "storage/time_index.hpp"

#include <utility>

namespace labstore::storage {
namespace {

using runtime::awaitable;

/// Rows of an index entry say everything by their key, so the kinds may be walked in any order; a version that moves from
/// one to the other meanwhile gets its row by the batch that moves it.
constexpr std::string_view kinds_to_build = "ouv";

result<void> add_row(meta::batch& batch, const bucket_info& bucket, const meta::row& row) {
    const auto parsed = row_keys::parse(row.key);
    if (!parsed)
        return errc::corrupt;
    if (row.key.front() == row_keys::upload_kind) {
        const auto upload = decode<records::upload>(row.value);
        if (!upload || parsed->rest.size() != row_keys::token_size_bytes)
            return errc::corrupt;
        add_upload_time(batch, bucket, parsed->key, parsed->rest, time_of(upload->initiated_ns()));
        return {};
    }
    const auto version = decode<records::object>(row.value);
    LABSTORE_TRY(version);
    add_version_time(batch, bucket, parsed->key, *version);
    return {};
}

/// The kind after this one; 0 after the last.
char next_kind(char kind) {
    const auto at = kinds_to_build.find(kind);
    return at + 1 < kinds_to_build.size() ? kinds_to_build[at + 1] : '\0';
}

}  // namespace

awaitable<result<void>> lifecycle_progress_row::load() {
    auto row = co_await read_row<records::lifecycle_progress>(
        all_.index, partition_of(*bucket_), row_keys::lifecycle_progress()
    );
    LABSTORE_CO_TRY(row);
    value_.Clear();
    rev_ = 0;
    if (row->has_value()) {
        value_ = std::move((*row)->record);
        rev_ = (*row)->rev;
    }
    co_return result<void>();
}

awaitable<result<void>> lifecycle_progress_row::store(meta::batch batch) {
    auto row_key = row_keys::lifecycle_progress();
    batch.preconditions.push_back(held_state(*bucket_));
    batch.preconditions.push_back(rev_ != 0 ? meta::at_revision(row_key, rev_) : meta::absent(row_key));
    batch.put(std::move(row_key), encode(value_));
    auto applied = co_await apply(all_, partition_of(*bucket_), std::move(batch), meta::sync::none);
    LABSTORE_CO_TRY(applied);
    rev_ = *applied;
    co_return result<void>();
}

awaitable<result<bucket_ptr>> keep_time_index(services& all, bucket_ptr bucket) {
    write_retry retry(all, bucket);
    for (;;) {
        // Learns what the state is, and waits for a deletion to end.
        auto known = co_await retry.next();
        if (!known)
            co_return to_errc(known.error());
        if (retry.bucket()->timed)
            co_return retry.bucket();
        auto wanted = state_of(*retry.bucket());
        wanted.timed = true;
        meta::batch batch;
        batch.preconditions.push_back(held_state(*retry.bucket()));
        batch.put(row_keys::state(), encode_state(wanted));
        auto applied = co_await apply(all, partition_of(*bucket), std::move(batch));
        if (applied)
            co_return all.buckets.learn_state(retry.bucket(), wanted, *applied);
        if (applied.error() != errc::conflict && applied.error() != errc::unknown)
            co_return to_errc(applied.error());
    }
}

awaitable<result<bool>> build_time_index(
    services& all, bucket_ptr bucket, lifecycle_progress_row& progress, std::size_t pages_max
) {
    auto& value = progress.value();
    for (std::size_t pages = 0; pages < pages_max && !value.built(); ++pages) {
        if (value.built_row().empty())
            value.set_built_row(std::string(kinds_to_build.substr(0, 1)));
        const char kind = value.built_row().front();
        meta::scan_request scan;
        scan.prefix = std::string(1, kind);
        scan.after = value.built_row();
        auto page = co_await all.index.scan(partition_of(*bucket), std::move(scan));
        if (!page)
            co_return to_errc(page.error());
        meta::batch batch;
        for (const auto& row : page->rows) {
            auto added = add_row(batch, *bucket, row);
            if (!added)
                co_return to_errc(added.error());
        }
        const auto rows = batch.mutations.size();
        if (page->more)
            value.set_built_row(std::string(page->rows.back().key));
        else if (const char next = next_kind(kind))
            value.set_built_row(std::string(1, next));
        else
            value.set_built(true);
        auto stored = co_await progress.store(std::move(batch));
        if (!stored)
            co_return to_errc(stored.error());
        all.lifecycle.rows_built.fetch_add(rows, std::memory_order_relaxed);
    }
    co_return value.built();
}

}  // namespace labstore::storage
