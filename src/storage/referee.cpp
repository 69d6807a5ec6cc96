#include "storage/referee.hpp"

#include "storage/commit.hpp"
#include "storage/object_reader.hpp"
#include "storage/row_keys.hpp"

namespace labstore::storage {
namespace {

constexpr int relocate_tries_max = 1'000;
constexpr int held_tries_max = 20;
constexpr std::chrono::milliseconds held_pause{5};

meta::partition_id partition_of_blob(const blob::owner& whose) {
    return meta::partition_id{whose.partition};
}

/// A blob of another engine's or of nobody's bucket cannot be named: partition 0 has no objects.
bool could_be_named(const blob::owner& whose) {
    return whose.partition != 0 && whose.token.size() == row_keys::token_size_bytes;
}

}  // namespace

runtime::awaitable<result<bool>> index_referee::is_live(const blob::owner& whose, const blob::ref& which) {
    if (!could_be_named(whose))
        co_return false;
    // Asked before the index: whoever gives the token back in between has named the blob by then.
    if (all_.tokens.held(whose.token))
        co_return true;
    auto found = co_await find(whose, which, which);
    if (!found)
        co_return to_errc(found.error());
    co_return found->has_value();
}

runtime::awaitable<result<bool>> index_referee::relocate(
    const blob::owner& whose, const blob::ref& from, const blob::ref& to
) {
    if (!could_be_named(whose))
        co_return false;
    int held_tries = 0;
    for (int tries = 0; tries < relocate_tries_max; ++tries) {
        const bool held = all_.tokens.held(whose.token);
        auto found = co_await find(whose, from, to);
        if (!found)
            co_return to_errc(found.error());
        if (!found->has_value()) {
            if (!held) {
                // An earlier try with an unknown outcome may have done it.
                auto done = co_await find(whose, to, to);
                if (!done)
                    co_return to_errc(done.error());
                co_return done->has_value();
            }
            if (++held_tries > held_tries_max)
                co_return errc::busy;
            co_await pause(held_pause);
            continue;
        }
        auto batch = std::move((*found)->batch);
        auto applied = co_await apply(all_, partition_of_blob(whose), std::move(batch));
        if (applied)
            co_return true;
        if (applied.error() != errc::conflict && applied.error() != errc::unknown)
            co_return to_errc(applied.error());
    }
    co_return errc::busy;
}

runtime::awaitable<result<std::optional<index_referee::place>>> index_referee::find(
    const blob::owner& whose, const blob::ref& which, const blob::ref& to
) {
    if (whose.part_number != 0) {
        auto in_upload = co_await find_in_upload(whose, which, to);
        if (!in_upload || in_upload->has_value())
            co_return in_upload;
    }
    auto row_key = row_keys::object(whose.key);
    auto current_key = row_key;
    auto current = co_await all_.index.get(partition_of_blob(whose), std::move(current_key));
    LABSTORE_CO_TRY(current);
    if (current->has_value()) {
        const meta::row row{row_key, (*current)->value, (*current)->rev};
        auto in_current = co_await find_in_version(whose, which, to, row);
        if (!in_current || in_current->has_value())
            co_return in_current;
    }
    auto in_versions = co_await find_in_versions(whose, which, to);
    co_return in_versions;
}

runtime::awaitable<result<std::optional<index_referee::place>>> index_referee::find_in_upload(
    const blob::owner& whose, const blob::ref& which, const blob::ref& to
) {
    std::optional<place> none;
    auto part_key = row_keys::part(whose.token, whose.part_number);
    auto wanted_part = part_key;
    auto part =
        co_await read_row<records::part>(all_.index, partition_of_blob(whose), std::move(wanted_part));
    LABSTORE_CO_TRY(part);
    if (!part->has_value() || to_ref((*part)->record.blob()) != which)
        co_return none;
    // Parts of an upload that is no longer there only wait for their clean-up.
    auto upload_key = row_keys::upload(whose.key, whose.token);
    auto wanted_upload = upload_key;
    auto upload = co_await all_.index.get(partition_of_blob(whose), std::move(wanted_upload));
    LABSTORE_CO_TRY(upload);
    if (!upload->has_value())
        co_return none;
    place out;
    out.batch.preconditions.push_back(meta::at_revision(part_key, (*part)->rev));
    out.batch.preconditions.push_back(meta::at_revision(std::move(upload_key), (*upload)->rev));
    set_ref(*(*part)->record.mutable_blob(), to);
    out.batch.put(std::move(part_key), encode((*part)->record));
    co_return std::optional<place>(std::move(out));
}

runtime::awaitable<result<std::optional<index_referee::place>>> index_referee::find_in_version(
    const blob::owner& whose, const blob::ref& which, const blob::ref& to, meta::row row
) {
    std::optional<place> none;
    auto record = decode<records::object>(row.value);
    LABSTORE_CO_TRY(record);
    if (record->token() != whose.token)
        co_return none;
    place out;
    // Also for manifest rows: once the version is gone they belong to its clean-up.
    out.batch.preconditions.push_back(meta::at_revision(std::string(row.key), row.rev));
    if (record->manifest_size() == 0) {
        if (!record->has_blob() || to_ref(record->blob()) != which)
            co_return none;
        set_ref(*record->mutable_blob(), to);
        out.batch.put(std::string(row.key), encode(*record));
        co_return std::optional<place>(std::move(out));
    }
    auto manifest_key = row_keys::manifest(whose.token, chunk_of_part(*record, whose.part_number));
    auto wanted = manifest_key;
    auto manifest =
        co_await read_row<records::manifest>(all_.index, partition_of_blob(whose), std::move(wanted));
    LABSTORE_CO_TRY(manifest);
    if (!manifest->has_value())
        co_return none;
    for (auto& part : *(*manifest)->record.mutable_parts()) {
        if (part.number() != whose.part_number || !part.has_blob() || to_ref(part.blob()) != which)
            continue;
        set_ref(*part.mutable_blob(), to);
        out.batch.preconditions.push_back(meta::at_revision(manifest_key, (*manifest)->rev));
        out.batch.put(std::move(manifest_key), encode((*manifest)->record));
        co_return std::optional<place>(std::move(out));
    }
    co_return none;
}

runtime::awaitable<result<std::optional<index_referee::place>>> index_referee::find_in_versions(
    const blob::owner& whose, const blob::ref& which, const blob::ref& to
) {
    meta::scan_request scan;
    scan.prefix = row_keys::versions_of(whose.key);
    for (;;) {
        auto wanted = scan;
        auto page = co_await all_.index.scan(partition_of_blob(whose), std::move(wanted));
        LABSTORE_CO_TRY(page);
        for (const auto& row : page->rows) {
            scan.after = row.key;
            auto found = co_await find_in_version(whose, which, to, row);
            if (!found || found->has_value())
                co_return found;
        }
        if (!page->more)
            co_return std::optional<place>();
    }
}

}  // namespace labstore::storage
