// Job:          S3 semantics over the two seams: buckets, objects, conditions, listing, multipart, copy,
//               clean-up.
// In a request: an operation of s3 calls one or two functions here; the commit across blob and meta is
//               written here once.
// May use:      base, crypto, observability, runtime, meta, blob.
// Threads:      every call is safe from any coroutine; streams and readers belong to one coroutine.
// Failure:      the storage and object values of errc; never an HTTP or XML notion.
#pragma once

#include "labstore/base.hpp"
#include "labstore/blob.hpp"
#include "labstore/crypto.hpp"
#include "labstore/meta.hpp"
#include "labstore/runtime.hpp"
#include "labstore/storage/listing.hpp"
#include "labstore/storage/types.hpp"
#include "labstore/storage/upload_types.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::storage {

using runtime::awaitable;

/// A body on its way in: an object or a part. Dropping it before it is handed to put_object or put_part
/// leaves nothing.
class upload_stream {
  public:
    virtual ~upload_stream() = default;
    /// Room for the next bytes, never empty. It begins where the bytes of the call before end, and those stay readable
    /// there, until a room has been filled to its end.
    virtual awaitable<result<std::span<std::byte>>> prepare() = 0;
    virtual void advance(std::size_t size_bytes) = 0;
    [[nodiscard]] virtual std::uint64_t written_bytes() const noexcept = 0;
};

/// One version of an object being read: `info` and the bytes belong together whatever is written meanwhile.
class object_reader {
  public:
    virtual ~object_reader() = default;
    [[nodiscard]] virtual const object_info& info() const noexcept = 0;
    /// Between 1 byte and `size_bytes` from `offset`, checked against their checksums; valid until the next
    /// call.
    virtual awaitable<result<byte_span>> read(std::uint64_t offset, std::uint64_t size_bytes) = 0;
    /// As in blob::reader: where the first of these bytes can be sent from, when that may be done.
    [[nodiscard]] virtual std::optional<blob::file_range> checked_in_memory(
        std::uint64_t offset, std::uint64_t size_bytes
    ) noexcept = 0;
};

using config_change = std::function<result<void>(bucket_config&)>;
using lock_change = std::function<result<void>(object_lock&)>;

class object_store {
  public:
    virtual ~object_store() = default;

    // -- buckets --------------------------------------------------------------------------------------------
    /// bucket_already_owned_by_you, bucket_already_exists, too_many_buckets.
    virtual awaitable<result<bucket_info>> create_bucket(
        bucket_name name, account owner, std::string region, new_bucket wanted = {}
    ) = 0;
    /// Every bucket is in memory. no_such_bucket.
    [[nodiscard]] virtual result<bucket_ptr> find_bucket(std::string_view name) const = 0;
    /// bucket_not_empty while it holds an object, a version or a delete marker; unfinished uploads go with it. Writes
    /// that race with it wait
    /// or see no_such_bucket.
    virtual awaitable<result<void>> delete_bucket(std::string name) = 0;
    virtual awaitable<result<bucket_page>> list_buckets(
        std::string prefix, std::string after, std::size_t limit
    ) = 0;
    /// Writes that race with it see one state or the other. `state` is not `unversioned`. operation_aborted when a
    /// bucket with object lock is to be suspended.
    virtual awaitable<result<void>> set_versioning(std::string bucket, versioning_state state) = 0;
    /// From now on versions can be locked. operation_aborted unless versioning is enabled.
    virtual awaitable<result<void>> enable_object_lock(std::string bucket) = 0;
    /// `change` is called with what holds now, once for each attempt; its refusal is the outcome.
    virtual awaitable<result<void>> configure_bucket(std::string name, config_change change) = 0;

    // -- objects --------------------------------------------------------------------------------------------
    /// no_such_bucket, key errors, entity_too_large, full, slow_down, a condition that does not hold: known before a
    /// byte of the body is read. Conditions that hold now are judged again by `put_object`.
    virtual awaitable<result<std::unique_ptr<upload_stream>>> begin_object(
        std::string bucket,
        std::string key,
        std::optional<std::uint64_t> size_hint,
        write_conditions conditions = {}
    ) = 0;
    /// Durable and visible when it returns. Conditions are judged atomically with the change.
    virtual awaitable<result<put_result>> put_object(
        std::unique_ptr<upload_stream> body, put_request request
    ) = 0;

    /// no_such_bucket, no_such_key (also where a delete marker is the newest), no_such_version, method_not_allowed for a
    /// delete marker by its id.
    virtual awaitable<result<object_info>> stat_object(object_name name) = 0;
    virtual awaitable<result<std::unique_ptr<object_reader>>> open_object(object_name name) = 0;
    /// The version's tags are these from now on; nothing else of it changes, its time neither. The same errors.
    virtual awaitable<result<object_info>> replace_tags(object_name name, tag_list tags) = 0;
    /// `change` is called with what holds now, once for each attempt; its refusal is the outcome. Removals of the version
    /// see one state or the other. invalid_request in a bucket without object lock.
    virtual awaitable<result<object_info>> change_lock(object_name name, lock_change change) = 0;
    /// Parts after `after`, in order; empty for an object that was not uploaded in parts.
    virtual awaitable<result<std::vector<part_info>>> list_object_parts(
        object_name name, std::uint32_t after, std::size_t limit
    ) = 0;

    /// The delete marker that made one of the calls above refuse. no_such_key, no_such_version where there is none.
    virtual awaitable<result<object_info>> find_delete_marker(object_name name) = 0;

    /// Deleting what is not there succeeds. access_denied for a version that is locked. Conditions are judged
    /// atomically. Without a version id a bucket that is or was versioned gets a delete marker.
    virtual awaitable<result<delete_result>> delete_object(
        object_name name, delete_conditions conditions
    ) = 0;
    /// One outcome per entry, in order; all that can be are committed together.
    virtual awaitable<result<std::vector<result<delete_result>>>> delete_objects(
        std::string bucket, std::vector<delete_entry> entries
    ) = 0;

    /// Cost does not grow with the object's size unless another checksum is asked for.
    virtual awaitable<result<put_result>> copy_object(copy_request request) = 0;

    virtual awaitable<result<object_page>> list_objects(list_request request) = 0;
    /// invalid_argument for a marker that can be no version's id.
    virtual awaitable<result<version_page>> list_versions(list_versions_request request) = 0;

    // -- multipart ------------------------------------------------------------------------------------------
    /// The upload id: 32 hex digits.
    virtual awaitable<result<std::string>> create_upload(create_upload_request request) = 0;
    /// no_such_upload; what the upload was created with, for the checks before the body.
    virtual awaitable<result<upload_info>> find_upload(
        std::string bucket, std::string key, std::string upload_id
    ) = 0;
    virtual awaitable<result<std::unique_ptr<upload_stream>>> begin_part(
        std::string bucket,
        std::string key,
        std::string upload_id,
        std::uint32_t part_number,
        std::optional<std::uint64_t> size_hint
    ) = 0;
    virtual awaitable<result<part_info>> put_part(
        std::unique_ptr<upload_stream> body, put_part_request request
    ) = 0;
    virtual awaitable<result<part_info>> copy_part(copy_part_request request) = 0;
    /// Repeating a Complete that succeeded answers the same again, as long as its object is the current one and
    /// parts, size and checksum are those it was made with. Conditions are not judged again.
    virtual awaitable<result<put_result>> complete_upload(complete_request request) = 0;
    virtual awaitable<result<void>> abort_upload(
        std::string bucket, std::string key, std::string upload_id
    ) = 0;
    virtual awaitable<result<part_page>> list_parts(
        std::string bucket, std::string key, std::string upload_id, std::uint32_t after, std::size_t limit
    ) = 0;
    virtual awaitable<result<upload_page>> list_uploads(list_uploads_request request) = 0;

    // -- lifecycle ------------------------------------------------------------------------------------------
    /// 86,400 seconds but in tests.
    [[nodiscard]] virtual std::chrono::seconds lifecycle_day() const noexcept = 0;
    /// Does everything that the buckets' rules say is due now. The maintenance does the same by itself. The first failure
    /// ends it; what is left is done by the next.
    virtual awaitable<result<void>> run_lifecycle() = 0;
    /// A page of what the rules will do, by kind of row and key; looks at every version and upload. no_such_bucket,
    /// invalid_argument for an `after` that is none.
    virtual awaitable<result<lifecycle_forecast_page>> forecast_lifecycle(lifecycle_forecast_request request
    ) = 0;

    // -- life -----------------------------------------------------------------------------------------------
    /// Starts the clean-up and compaction loop on `executor`, inside `tasks`; it ends when the group stops.
    virtual void start_maintenance(boost::asio::any_io_executor executor, runtime::task_group& tasks) = 0;
    [[nodiscard]] virtual bool writable() const noexcept = 0;
    [[nodiscard]] virtual statistics stats() const = 0;
};

struct options {
    std::uint64_t object_size_bytes_max = 5 * TiB;  // multipart included
    std::uint64_t put_size_bytes_max = 5 * GiB;     // one PUT or one part
    std::uint64_t part_size_bytes_min = 5 * MiB;    // all parts but the last
    std::uint32_t parts_max = 10'000;
    std::size_t buckets_max = 10'000;
    std::chrono::milliseconds clean_up_delay{1'000};  // a removed blob stays readable this long at least
    std::chrono::milliseconds maintenance_interval{500};
    std::chrono::seconds lifecycle_day{86'400};            // shorter in tests
    std::chrono::milliseconds lifecycle_interval{10'000};  // between two looks at what became due
    std::size_t lifecycle_batch_max = 100;                 // versions removed together
};

/// Loads the buckets and finishes what a crash interrupted (deleting buckets, clean-up intents). `index` and
/// `blobs` outlive the store, and so does `pool`, which hashes the bytes of copies. Blocks.
[[nodiscard]] result<std::unique_ptr<object_store>> open(
    options settings, meta::store& index, blob::store& blobs, const clock& time, runtime::blocking_pool& pool
);

/// Cross-checks a stopped store: every row decodes, every reference names whole bytes, every size adds up.
/// One line per finding goes to `on_damage`. Blocks.
struct check_report {
    std::uint64_t buckets = 0;
    std::uint64_t objects = 0;
    std::uint64_t uploads = 0;
    std::uint64_t blobs = 0;
    std::uint64_t bytes = 0;
    std::uint64_t orphans = 0;  // whole blobs nothing names; harmless, removed in the background
    std::uint64_t damages = 0;
};

[[nodiscard]] result<check_report> check(
    const std::string& storage_path, const std::function<void(const std::string&)>& on_damage
);

}  // namespace labstore::storage
