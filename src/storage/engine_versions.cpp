#include "storage/engine.hpp"
#include "storage/row_keys.hpp"
#include "storage/version_look_up.hpp"
#include "storage/version_walk.hpp"
#include "storage/versioned_key.hpp"

#include <limits>
#include <utility>

namespace labstore::storage {
namespace {

/// The null version's sequence. Without one the key is listed from its beginning: what is listed twice harms less than
/// what is left out.
awaitable<result<std::uint64_t>> sequence_of_null(services& all, bucket_ptr bucket, std::string key) {
    versioned_key now(all, std::move(bucket), std::move(key));
    auto loaded = co_await now.load();
    LABSTORE_CO_TRY(loaded);
    auto found = co_await now.find("null");
    LABSTORE_CO_TRY(found);
    co_return found->has_value() ? (*found)->sequence() : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace

awaitable<result<void>> engine::set_versioning(std::string bucket, versioning_state state) {
    LABSTORE_ASSERT(state != versioning_state::unversioned);
    auto found = all_.buckets.find(bucket);
    if (!found)
        co_return errc::no_such_bucket;
    write_retry retry(all_, found);
    for (;;) {
        // Learns what the state is, and waits for a deletion to end.
        auto known = co_await retry.next();
        LABSTORE_CO_TRY(known);
        if (retry.bucket()->versioning == state)
            co_return result<void>();
        meta::batch batch;
        batch.preconditions.push_back(held_state(*retry.bucket()));
        auto wanted = state_of(*retry.bucket());
        wanted.versioning = state;
        batch.put(row_keys::state(), encode_state(wanted));
        auto applied = co_await apply(all_, partition_of(*found), std::move(batch));
        if (applied) {
            all_.buckets.learn_state(found, wanted, *applied);
            co_return result<void>();
        }
        if (applied.error() != errc::conflict && applied.error() != errc::unknown)
            co_return applied.error();
    }
}

awaitable<result<object_info>> engine::find_delete_marker(object_name name) {
    auto bucket = all_.buckets.find(name.bucket);
    if (!bucket)
        co_return errc::no_such_bucket;
    result<found_row> found = errc::no_such_key;
    if (name.version_id.empty())
        found = co_await find_newest_marker(all_, std::move(bucket), name.key);
    else
        found = co_await find_version(all_, std::move(bucket), name);
    LABSTORE_CO_TRY(found);
    if (!is_delete_marker(found->value))
        co_return errc::no_such_version;
    co_return describe_row(std::move(name.key), *found);
}

awaitable<result<version_page>> engine::list_versions(list_versions_request request) {
    const auto bucket = all_.buckets.find(request.bucket);
    if (!bucket)
        co_return errc::no_such_bucket;
    version_walk_request wanted;
    wanted.partition = partition_of(*bucket);
    wanted.prefix = std::move(request.prefix);
    wanted.delimiter = std::move(request.delimiter);
    wanted.limit = request.limit;
    if (request.version_id_marker == "null") {
        auto sequence = co_await sequence_of_null(all_, bucket, request.key_marker);
        LABSTORE_CO_TRY(sequence);
        wanted.after_sequence = *sequence;
    } else if (!request.version_id_marker.empty()) {
        const auto id = from_hex(request.version_id_marker);
        if (!id || id->size() != row_keys::token_size_bytes)
            co_return errc::invalid_argument;
        wanted.after_sequence = sequence_of(*id);
    }
    wanted.after_key = std::move(request.key_marker);
    auto walked = co_await walk_versions(all_.index, std::move(wanted));
    LABSTORE_CO_TRY(walked);

    version_page out;
    out.more = walked->more;
    out.entries.reserve(walked->entries.size());
    for (auto& entry : walked->entries) {
        out.next_key = entry.name;
        out.next_version_id.clear();
        if (!entry.row) {
            out.entries.emplace_back(std::move(entry.name));
            continue;
        }
        auto record = decode<records::object>(entry.row->value);
        LABSTORE_CO_TRY(record);
        version_info version{describe(std::move(entry.name), *record, *bucket), entry.latest};
        out.next_version_id = version.object.version_id.empty() ? "null" : version.object.version_id;
        out.entries.emplace_back(std::move(version));
    }
    co_return out;
}

}  // namespace labstore::storage
