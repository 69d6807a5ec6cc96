#include "storage/byte_pump.hpp"
#include "storage/conditions.hpp"
#include "storage/engine.hpp"
#include "storage/lock.hpp"
#include "storage/row_keys.hpp"

#include <utility>

namespace labstore::storage {
namespace {

constexpr int moved_tries_max = 100;

error_code as_copy_failure(const error_code& judged) {
    return judged == errc::not_modified ? make_error_code(errc::precondition_failed) : judged;
}

/// A record that shares nothing with its source but what a copy keeps; without token and blobs.
records::object make_record(
    const records::object& source, const copy_request& request, const bucket_info& from, const bucket_info& to
) {
    records::object record;
    record.set_null_version(true);
    record.set_size_bytes(source.size_bytes());
    record.set_etag_md5(source.etag_md5());
    record.set_etag_parts(source.etag_parts());
    record.set_parts_count(source.parts_count());
    set_owner(record, request.owner, to);
    auto kept = describe({}, source, from).attributes;
    auto attributes = request.replace_metadata ? *request.replace_metadata : kept;
    attributes.tags = request.replace_tags ? *request.replace_tags : kept.tags;
    attributes.storage_class = request.storage_class;
    attributes.website_redirect = request.website_redirect;
    set_attributes(*record.mutable_attributes(), attributes);
    if (source.has_checksum())
        *record.mutable_checksum() = source.checksum();
    return record;
}

bool wants_other_checksum(const records::object& source, const copy_request& request) {
    if (!request.checksum_algorithm)
        return false;
    return !source.has_checksum() ||
           source.checksum().algorithm() != static_cast<std::uint32_t>(*request.checksum_algorithm);
}

bool changes_nothing(const records::object& source, const copy_request& request) {
    const auto asked_class = request.storage_class == "STANDARD" ? std::string() : request.storage_class;
    return !request.replace_metadata && !request.replace_tags &&
           asked_class == source.attributes().storage_class() &&
           request.website_redirect == source.attributes().website_redirect() &&
           !wants_other_checksum(source, request);
}

/// The clones of one copy: what to name on success and to give back on failure.
class cloner {
  public:
    cloner(services& all, const found_object& source, object_change& change)
        : all_(all), source_(source), change_(change) {}

    awaitable<result<void>> clone_all() {
        const auto& record = source_.record;
        auto metadata = encode(change_.record);
        if (record.has_blob()) {
            auto ref = to_ref(record.blob());
            auto cloned = co_await clone(std::move(ref), 0, std::move(metadata));
            LABSTORE_CO_TRY(cloned);
            set_ref(*change_.record.mutable_blob(), *cloned);
        }
        for (int chunk = 0; chunk < record.manifest_size(); ++chunk) {
            auto done = co_await clone_chunk(static_cast<std::uint32_t>(chunk));
            LABSTORE_CO_TRY(done);
            *change_.record.add_manifest() = record.manifest(chunk);
        }
        co_return result<void>();
    }

    [[nodiscard]] std::vector<blob::ref> take_refs() { return std::move(made_); }

  private:
    awaitable<result<blob::ref>> clone(blob::ref from, std::uint32_t part_number, std::string metadata) {
        blob::owner owner;
        owner.partition = change_.bucket->id;
        owner.key = change_.key;
        owner.token = change_.record.token();
        owner.part_number = part_number;
        owner.metadata = std::move(metadata);
        auto cloned = co_await all_.blobs.clone(std::move(from), std::move(owner));
        LABSTORE_CO_TRY(cloned);
        made_.push_back(*cloned);
        co_return cloned;
    }

    awaitable<result<records::manifest>> read_source(std::uint32_t chunk) {
        auto token = source_.record.token();
        auto manifest = co_await read_manifest(all_, partition_of(*source_.bucket), std::move(token), chunk);
        co_return manifest;
    }

    awaitable<result<void>> clone_chunk(std::uint32_t chunk) {
        auto manifest = co_await read_source(chunk);
        LABSTORE_CO_TRY(manifest);
        for (int i = 0; i < manifest->parts_size(); ++i) {
            if (!manifest->parts(i).has_blob())
                continue;
            for (;;) {
                auto ref = to_ref(manifest->parts(i).blob());
                auto metadata = encode(manifest->parts(i));
                auto from = ref;
                auto cloned =
                    co_await clone(std::move(from), manifest->parts(i).number(), std::move(metadata));
                if (cloned) {
                    set_ref(*manifest->mutable_parts(i)->mutable_blob(), *cloned);
                    break;
                }
                if (cloned.error() != errc::no_such_key)
                    co_return cloned.error();
                // Compaction moved it, or it is lost.
                auto again = co_await read_source(chunk);
                LABSTORE_CO_TRY(again);
                if (to_ref(again->parts(i).blob()) == ref)
                    co_return errc::corrupt;
                *manifest->mutable_parts(i) = again->parts(i);
            }
        }
        change_.mutations.push_back({row_keys::manifest(change_.record.token(), chunk), encode(*manifest)});
        co_return result<void>();
    }

    services& all_;
    const found_object& source_;
    object_change& change_;
    std::vector<blob::ref> made_;
};

/// One try of a copy. `source_missing`: the bytes moved or went between the look-up and the read.
struct copy_try {
    result<put_result> done = errc::internal;
    bool source_missing = false;
};

copy_try failed(const error_code& failure, bool source_missing = false) {
    return {failure, source_missing};
}

/// Reads the whole source for a checksum that it does not have.
awaitable<result<void>> add_checksum(
    services& all, const found_object& source, crypto::checksum_algorithm algorithm, records::object& record
) {
    const auto value = encode(source.record);
    const auto view = read_object(value);
    LABSTORE_CO_TRY(view);
    stored_object_reader reader(all, *source.bucket, source.key, *view);
    auto opened = co_await reader.open();
    LABSTORE_CO_TRY(opened);
    pump_request wanted;
    wanted.from = &reader;
    wanted.size_bytes = source.record.size_bytes();
    wanted.checksum = algorithm;
    auto done = co_await pump(all, wanted);
    LABSTORE_CO_TRY(done);
    set_checksum(*record.mutable_checksum(), checksum_value{algorithm, false, std::move(done->checksum)});
    co_return result<void>();
}

/// A copy onto itself: a new record for the same bytes. conflict when the object changed meanwhile.
awaitable<copy_try> rewrite(services& all, const found_object& source, const copy_request& request) {
    object_change change;
    change.bucket = source.bucket;
    change.key = source.key;
    change.conditions = request.conditions;
    change.record = make_record(source.record, request, *source.bucket, *source.bucket);
    if (wants_other_checksum(source.record, request)) {
        auto added = co_await add_checksum(all, source, *request.checksum_algorithm, change.record);
        if (!added)
            co_return failed(added.error(), added.error() == errc::no_such_key);
    }
    change.record.set_token(source.record.token());
    change.record.set_from_upload(source.record.from_upload());
    if (source.record.has_blob())
        *change.record.mutable_blob() = source.record.blob();
    *change.record.mutable_manifest() = source.record.manifest();
    change.known_row.emplace(stored<records::object>{source.record, source.rev});
    copy_try out;
    out.done = co_await try_commit(all, change);
    co_return out;
}

/// A copy to another place.
awaitable<copy_try> copy_to(
    services& all, const found_object& source, const copy_request& request, bucket_ptr target
) {
    object_change change;
    change.bucket = target;
    change.key = request.key;
    change.conditions = request.conditions;
    change.record = make_record(source.record, request, *source.bucket, *target);
    change.record.set_token(row_keys::random_bytes(row_keys::token_size_bytes));
    set_lock(change.record, request.lock);
    auto current = co_await read_object_row(all, change.bucket, change.key);
    if (!current)
        co_return failed(current.error());
    auto judged = judge_row(change.conditions, *current);
    if (!judged)
        co_return failed(judged.error());
    if (wants_other_checksum(source.record, request)) {
        auto added = co_await add_checksum(all, source, *request.checksum_algorithm, change.record);
        if (!added)
            co_return failed(added.error(), added.error() == errc::no_such_key);
    }
    const auto source_hold = all.tokens.take(source.record.token());
    const auto own_hold = all.tokens.take(change.record.token());
    cloner clones(all, source, change);
    auto cloned = co_await clones.clone_all();
    auto refs = clones.take_refs();
    if (!cloned) {
        co_await discard_blobs(all, std::move(refs), false);
        co_return failed(cloned.error(), cloned.error() == errc::no_such_key);
    }
    copy_try out;
    out.done = co_await commit_object(all, change);
    if (!out.done)
        co_await discard_blobs(all, std::move(refs), change.may_have_applied);
    co_return out;
}

}  // namespace

awaitable<result<put_result>> engine::copy_object(copy_request request) {
    auto target = all_.buckets.find(request.bucket);
    if (!target)
        co_return errc::no_such_bucket;
    auto valid = object_key::parse(request.key);
    LABSTORE_CO_TRY(valid);
    write_retry retry(all_, target);
    meta::revision missed = 0;
    for (int tries = 0; tries < moved_tries_max; ++tries) {
        auto source = co_await find_object(all_, request.source);
        LABSTORE_CO_TRY(source);
        const auto described = describe(source->key, source->record, *source->bucket);
        auto judged = judge(request.source_conditions, described);
        if (!judged)
            co_return as_copy_failure(judged.error());
        if (source->record.size_bytes() > all_.settings.put_size_bytes_max)
            co_return errc::invalid_request;
        auto lockable = check_lock(request.lock, *target);
        LABSTORE_CO_TRY(lockable);
        const bool onto_itself = source->bucket->id == target->id && source->key == request.key;
        const bool versioned = is_versioned(*source->bucket);
        // A version named by its id may be an older one that is to be current again.
        const bool restores = versioned && !request.source.version_id.empty();
        if (onto_itself && !restores && changes_nothing(source->record, request))
            co_return errc::invalid_copy_dest;
        copy_try tried;
        if (onto_itself && !versioned)
            tried = co_await rewrite(all_, *source, request);
        else
            tried = co_await copy_to(all_, *source, request, target);
        if (tried.done) {
            tried.done->source_version_id = described.version_id;
            co_return tried.done;
        }
        if (tried.source_missing) {
            // The row still says the same: the bytes did not move, they are lost.
            if (missed == source->rev)
                co_return errc::corrupt;
            missed = source->rev;
        } else if (tried.done.error() == errc::conflict) {
            auto again = co_await retry.next();
            LABSTORE_CO_TRY(again);
            target = retry.bucket();
        } else {
            co_return tried.done.error();
        }
    }
    co_return errc::slow_down;
}

}  // namespace labstore::storage
