#include "storage/checksums.hpp"
#include "storage/conditions.hpp"
#include "storage/engine.hpp"
#include "storage/lock.hpp"
#include "storage/row_keys.hpp"
#include "storage/time_index.hpp"
#include "storage/uploads.hpp"

#include <algorithm>
#include <utility>

namespace labstore::storage {
namespace {

constexpr std::size_t manifest_parts_max = 1'000;

struct named_parts {
    std::vector<records::part> records;
    std::vector<meta::precondition> unchanged;
};

result<void> check_order(const std::vector<completed_part>& parts, const options& settings) {
    if (parts.empty())
        return errc::invalid_request;
    if (parts.size() > settings.parts_max)
        return errc::too_many_parts;
    for (std::size_t i = 1; i < parts.size(); ++i)
        if (parts[i].number <= parts[i - 1].number)
            return errc::invalid_part_order;
    return {};
}

/// A part of an upload that named no algorithm is kept with its CRC64NVME. What the client knows of it may be of
/// another kind: that proved the part when it came, and has nothing here to be compared with.
result<void> check_named(const completed_part& named, const records::part& there) {
    if (bare_etag(named.etag) != etag_text(there.etag_md5(), 0))
        return errc::invalid_part;
    if (!named.checksum)
        return {};
    if (!there.has_checksum())
        return errc::invalid_part;
    const auto stored_checksum = to_checksum(there.checksum());
    const bool same_kind = stored_checksum.algorithm == named.checksum->algorithm;
    if (!same_kind && stored_checksum.algorithm == crypto::checksum_algorithm::crc64nvme)
        return {};
    if (!same_kind || stored_checksum.bytes != named.checksum->bytes)
        return errc::invalid_part;
    return {};
}

/// The parts that the request names, in its order, each with the precondition that it stays as it is.
awaitable<result<named_parts>> load_named_parts(
    services& all, const found_upload& upload, const std::vector<completed_part>& wanted
) {
    named_parts out;
    out.records.reserve(wanted.size());
    meta::scan_request scan;
    scan.prefix = row_keys::parts_of(upload.id);
    // Nothing before the first part that is named.
    scan.after = row_keys::part(upload.id, wanted.front().number - 1);
    scan.limit = std::min(meta::page_rows_max, wanted.size());
    auto next = wanted.begin();
    while (next != wanted.end()) {
        auto request = scan;
        auto page = co_await all.index.scan(partition_of(*upload.bucket), std::move(request));
        LABSTORE_CO_TRY(page);
        for (const auto& row : page->rows) {
            auto record = decode<records::part>(row.value);
            LABSTORE_CO_TRY(record);
            scan.after = row.key;
            if (next == wanted.end() || record->number() < next->number)
                continue;
            if (record->number() > next->number)
                co_return errc::invalid_part;
            auto fits = check_named(*next, *record);
            LABSTORE_CO_TRY(fits);
            out.unchanged.push_back(meta::at_revision(std::string(row.key), row.rev));
            out.records.push_back(std::move(*record));
            ++next;
        }
        if (!page->more)
            break;
    }
    if (next != wanted.end())
        co_return errc::invalid_part;
    co_return std::move(out);
}

result<std::uint64_t> check_sizes(
    const std::vector<records::part>& parts, const complete_request& request, const options& settings
) {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i + 1 < parts.size() && parts[i].size_bytes() < settings.part_size_bytes_min)
            return errc::entity_too_small;
        total += parts[i].size_bytes();
    }
    if (total > settings.object_size_bytes_max)
        return errc::entity_too_large;
    if (request.size_bytes && *request.size_bytes != total)
        return errc::object_size_mismatch;
    return total;
}

/// What the client declares of the whole object, held against what its parts come to: the value, and with a
/// composite one the number of parts behind its dash.
result<void> check_declared(
    const complete_request& request, const std::optional<checksum_value>& computed, std::size_t parts_count
) {
    if (!request.checksum)
        return {};
    if (!computed || computed->algorithm != request.checksum->algorithm)
        return errc::invalid_request;
    if (*computed != *request.checksum || request.checksum_parts != (computed->composite ? parts_count : 0))
        return errc::bad_checksum;
    return {};
}

/// The object's checksum, held against what the client declares.
result<std::optional<checksum_value>> settle_checksum(
    const records::upload& upload, const complete_request& request, const std::vector<records::part>& parts
) {
    std::optional<crypto::checksum_algorithm> algorithm;
    bool composite = upload.checksum_composite();
    if (upload.checksum_algorithm() != 0) {
        algorithm = static_cast<crypto::checksum_algorithm>(upload.checksum_algorithm());
        const auto type = composite ? checksum_type::composite : checksum_type::full_object;
        if (request.type != checksum_type::unspecified && request.type != type)
            return errc::checksum_type_mismatch;
    } else if (request.checksum) {
        algorithm = request.checksum->algorithm;
        auto asked = is_composite(*algorithm, request.type);
        LABSTORE_TRY(asked);
        composite = *asked;
    }
    if (!algorithm)
        return std::optional<checksum_value>();
    auto computed = checksum_of_parts(*algorithm, composite, parts);
    LABSTORE_TRY(check_declared(request, computed, parts.size()));
    return computed;
}

/// Cuts the parts into manifest rows and says in the record where each begins.
void add_manifest(object_change& change, const std::string& token, std::vector<records::part>& parts) {
    std::uint64_t offset = 0;
    for (std::size_t begin = 0; begin < parts.size(); begin += manifest_parts_max) {
        auto& position = *change.record.add_manifest();
        position.set_first_part_number(parts[begin].number());
        position.set_offset_bytes(offset);
        records::manifest manifest;
        const auto end = std::min(parts.size(), begin + manifest_parts_max);
        for (auto i = begin; i < end; ++i) {
            offset += parts[i].size_bytes();
            *manifest.add_parts() = std::move(parts[i]);
        }
        const auto chunk = static_cast<std::uint32_t>(begin / manifest_parts_max);
        change.mutations.push_back({row_keys::manifest(token, chunk), encode(manifest)});
    }
}

/// One batch: the object and its manifest appear, the upload and the parts it used go, what it did not use is
/// left to the clean-up.
object_change make_change(
    const found_upload& upload,
    named_parts parts,
    const std::optional<checksum_value>& checksum,
    std::uint64_t size_bytes
) {
    object_change change;
    change.bucket = upload.bucket;
    change.key = upload.key;
    auto& record = change.record;
    record.set_token(upload.id);
    record.set_from_upload(true);
    record.set_null_version(true);
    record.set_size_bytes(size_bytes);
    record.set_etag_md5(md5_of_parts(parts.records));
    record.set_etag_parts(static_cast<std::uint32_t>(parts.records.size()));
    record.set_parts_count(static_cast<std::uint32_t>(parts.records.size()));
    if (upload.record.has_owner())
        *record.mutable_owner() = upload.record.owner();
    *record.mutable_attributes() = upload.record.attributes();
    if (checksum)
        set_checksum(*record.mutable_checksum(), *checksum);

    auto upload_key = row_keys::upload(upload.key, upload.id);
    for (const auto& unchanged : parts.unchanged)
        change.mutations.push_back({unchanged.key, std::nullopt});
    change.preconditions = std::move(parts.unchanged);
    change.preconditions.push_back(meta::at_revision(upload_key, upload.rev));
    change.mutations.push_back({std::move(upload_key), std::nullopt});
    meta::batch times;
    remove_upload_time(times, *upload.bucket, upload.key, upload.id, time_of(upload.record.initiated_ns()));
    for (auto& time : times.mutations)
        change.mutations.push_back(std::move(time));
    add_manifest(change, upload.id, parts.records);
    change.leftovers.emplace_back().set_upload_id(upload.id);
    return change;
}

/// Does the request name the very parts that the object was made of?
awaitable<result<void>> check_same_parts(
    services& all, const found_object& object, const std::vector<completed_part>& named
) {
    if (named.size() != object.record.parts_count())
        co_return errc::invalid_part;
    auto next = named.begin();
    for (int chunk = 0; chunk < object.record.manifest_size(); ++chunk) {
        auto token = object.record.token();
        const auto row = static_cast<std::uint32_t>(chunk);
        auto manifest = co_await read_manifest(all, partition_of(*object.bucket), std::move(token), row);
        // Replaced since it was found.
        if (!manifest && manifest.error() == errc::no_such_key)
            co_return errc::no_such_upload;
        LABSTORE_CO_TRY(manifest);
        for (const auto& there : manifest->parts()) {
            if (next == named.end() || next->number != there.number())
                co_return errc::invalid_part;
            auto fits = check_named(*next, there);
            LABSTORE_CO_TRY(fits);
            ++next;
        }
    }
    if (next != named.end())
        co_return errc::corrupt;
    co_return result<void>();
}

result<void> check_same_whole(const complete_request& request, const records::object& record) {
    if (request.size_bytes && *request.size_bytes != record.size_bytes())
        return errc::object_size_mismatch;
    std::optional<checksum_value> checksum;
    if (record.has_checksum()) {
        checksum = to_checksum(record.checksum());
        const auto type = checksum->composite ? checksum_type::composite : checksum_type::full_object;
        if (request.type != checksum_type::unspecified && request.type != type)
            return errc::checksum_type_mismatch;
    }
    return check_declared(request, checksum, record.parts_count());
}

/// The upload is gone: this very Complete may have succeeded before. Its conditions held then and are not
/// judged again: the object they would meet now is its own.
awaitable<result<put_result>> answer_again(services& all, const complete_request& request) {
    const auto id = from_hex(request.upload_id);
    object_name name{request.bucket, request.key, {}};
    auto found = co_await find_object(all, std::move(name));
    if (!found && found.error() == errc::no_such_key)
        co_return errc::no_such_upload;
    LABSTORE_CO_TRY(found);
    if (!id || !found->record.from_upload() || found->record.token() != *id)
        co_return errc::no_such_upload;
    const auto hold = all.tokens.take(*id);
    auto ordered = check_order(request.parts, all.settings);
    LABSTORE_CO_TRY(ordered);
    auto same_parts = co_await check_same_parts(all, *found, request.parts);
    LABSTORE_CO_TRY(same_parts);
    auto same_whole = check_same_whole(request, found->record);
    LABSTORE_CO_TRY(same_whole);
    co_return describe_put(found->record);
}

}  // namespace

awaitable<result<put_result>> engine::complete_upload(complete_request request) {
    auto bucket = all_.buckets.find(request.bucket);
    if (!bucket)
        co_return errc::no_such_bucket;
    write_retry retry(all_, bucket);
    for (;;) {
        auto upload = co_await find_open_upload(all_, request.bucket, request.key, request.upload_id);
        if (!upload && upload.error() == errc::no_such_upload) {
            auto again = co_await answer_again(all_, request);
            co_return again;
        }
        LABSTORE_CO_TRY(upload);
        auto ordered = check_order(request.parts, all_.settings);
        LABSTORE_CO_TRY(ordered);
        auto parts = co_await load_named_parts(all_, *upload, request.parts);
        if (!parts && parts.error() == errc::invalid_part) {
            // Missing because another Complete of this upload has just taken them?
            auto still = co_await find_open_upload(all_, request.bucket, request.key, request.upload_id);
            if (!still && still.error() == errc::no_such_upload)
                continue;
        }
        LABSTORE_CO_TRY(parts);
        auto total = check_sizes(parts->records, request, all_.settings);
        LABSTORE_CO_TRY(total);
        auto checksum = settle_checksum(upload->record, request, parts->records);
        LABSTORE_CO_TRY(checksum);
        auto change = make_change(*upload, std::move(*parts), *checksum, *total);
        change.conditions = request.conditions;
        set_lock(change.record, lock_of(upload->record));
        auto done = co_await try_commit(all_, change);
        if (done || done.error() != errc::conflict)
            co_return done;
        auto again = co_await retry.next();
        LABSTORE_CO_TRY(again);
    }
}

}  // namespace labstore::storage
