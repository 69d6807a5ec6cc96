#include "server/durability_text.hpp"
#include "server/index_readings.hpp"
#include "server/instance.hpp"
#include "server/process_readings.hpp"
#include "server/snapshot_readings.hpp"

#include <memory>
#include <string>
#include <utility>

namespace labstore::server {

using namespace readings;

namespace {

/// What no snapshot is needed for.
template <typename Read>
void add(
    registry& numbers, registry::kind what, const char* name, const char* help, Read read, labels series = {}
) {
    numbers.add_reading(
        what, name, help, [read] { return static_cast<double>(read()); }, std::move(series)
    );
}

void add_segment_readings(readings_of<blob::stats> blobs) {
    constexpr auto segments = "labstore_segments";
    constexpr auto segments_help = "Segment files by state.";
    blobs.add(gauge, segments, segments_help, &blob::stats::segments_active, {{"state", "active"}});
    blobs.add(gauge, segments, segments_help, &blob::stats::segments_sealed, {{"state", "sealed"}});
    blobs.add(gauge, segments, segments_help, &blob::stats::segments_free, {{"state", "free"}});
    constexpr auto bytes = "labstore_segment_bytes";
    constexpr auto bytes_help = "Bytes of packed objects, by whether anything names them.";
    blobs.add(gauge, bytes, bytes_help, &blob::stats::segment_bytes_live, {{"state", "live"}});
    blobs.add(gauge, bytes, bytes_help, &blob::stats::segment_bytes_dead, {{"state", "dead"}});
    blobs.add(
        gauge, "labstore_segment_file_bytes", "Sizes of all segment files.", &blob::stats::segment_bytes
    );
    blobs.add(
        counter, "labstore_segments_begun_total", "Segments taken into use.", &blob::stats::segments_begun
    );
    blobs.add(
        counter,
        "labstore_segments_compacted_total",
        "Segments emptied by compaction.",
        &blob::stats::segments_compacted
    );
    blobs.add(
        counter,
        "labstore_segments_removed_total",
        "Segment files given back to the device.",
        &blob::stats::segments_removed
    );
    blobs.add(
        counter,
        "labstore_segments_retired_total",
        "Segments given up after a failed write or sync.",
        &blob::stats::files_retired
    );
    blobs.add(
        counter,
        "labstore_compaction_read_bytes_total",
        "Records that compaction looked at.",
        &blob::stats::compaction_read_bytes
    );
    blobs.add(
        counter,
        "labstore_compaction_written_bytes_total",
        "Live records that compaction copied.",
        &blob::stats::compaction_written_bytes
    );
}

void add_blob_readings(readings_of<blob::stats> blobs) {
    blobs.add(
        counter,
        "labstore_orphans_removed_total",
        "Files of large objects that nothing named.",
        &blob::stats::orphans_removed
    );
    blobs.add(
        counter,
        "labstore_corrupt_reads_total",
        "Reads whose bytes did not match their checksum.",
        &blob::stats::corrupt_reads
    );
    constexpr auto reads = "labstore_blob_reads_total";
    constexpr auto reads_help = "Reads of object bytes, by whether they had to wait for the device.";
    blobs.add(counter, reads, reads_help, &blob::stats::reads_cached, {{"from", "memory"}});
    blobs.add(counter, reads, reads_help, &blob::stats::reads_from_device, {{"from", "device"}});
    blobs.add(
        gauge,
        "labstore_storage_size_bytes",
        "Size of the file system of the objects.",
        &blob::stats::space_total_bytes
    );
    blobs.add(
        gauge,
        "labstore_storage_available_bytes",
        "Free bytes of that file system.",
        &blob::stats::space_available_bytes
    );
    const labels series{{"store", "blob"}};
    blobs.add_distribution(group_size_name, group_size_help, &blob::stats::group_sizes, series);
    blobs.add_distribution(commit_name, commit_help, &blob::stats::commit_seconds, series);
    blobs.add_distribution(sync_name, sync_help, &blob::stats::segment_sync_seconds, {{"file", "segment"}});
    blobs.add_distribution(sync_name, sync_help, &blob::stats::file_sync_seconds, {{"file", "object"}});
}

constexpr auto memory_used = "labstore_memory_used_bytes";
constexpr auto memory_used_help = "Memory taken from a named limit.";
constexpr auto memory_max = "labstore_memory_max_bytes";
constexpr auto memory_max_help = "The named limit.";
constexpr auto memory_refused = "labstore_memory_refused_total";
constexpr auto memory_refused_help = "Requests answered SlowDown because the limit was reached.";

/// The named limits of memory, how much of each is taken, and whom they turned away.
void add_memory_readings(registry& numbers, readings_of<blob::stats> blobs, const s3::service& objects) {
    const labels body{{"limit", "body"}};
    blobs.add(gauge, memory_used, memory_used_help, &blob::stats::body_memory_bytes, body);
    blobs.add(gauge, memory_max, memory_max_help, &blob::stats::body_memory_bytes_max, body);
    blobs.add(counter, memory_refused, memory_refused_help, &blob::stats::body_memory_refused, body);
    const runtime::limit& documents = objects.documents();
    const labels document{{"limit", "document"}};
    add(
        numbers, gauge, memory_used, memory_used_help, [&] { return documents.used(); }, document
    );
    add(
        numbers, gauge, memory_max, memory_max_help, [&] { return documents.amount_max(); }, document
    );
    add(
        numbers, counter, memory_refused, memory_refused_help, [&] { return documents.refused(); }, document
    );
    blobs.add(
        gauge,
        "labstore_buffers_idle_bytes",
        "Body buffers kept for the next request.",
        &blob::stats::buffers_idle_bytes
    );
    constexpr auto taken = "labstore_buffers_taken_total";
    constexpr auto taken_help = "Body buffers taken, by where they came from.";
    blobs.add(counter, taken, taken_help, &blob::stats::buffers_reused, {{"from", "pool"}});
    blobs.add(counter, taken, taken_help, &blob::stats::buffers_allocated, {{"from", "allocator"}});
}

void add_queue_readings(
    registry& numbers,
    readings_of<runtime::blocking_pool::stats> pool,
    readings_of<blob::stats> blobs,
    readings_of<meta::stats> index,
    const runtime::blocking_pool::options& pool_settings
) {
    constexpr auto length = "labstore_queue_length";
    constexpr auto length_help = "Work that waits in a queue.";
    constexpr auto most = "labstore_queue_length_max";
    constexpr auto most_help = "Where the queue is full.";
    constexpr auto refused = "labstore_queue_refused_total";
    constexpr auto refused_help = "Work turned away by a full queue.";
    const labels blocking{{"queue", "blocking"}};
    pool.add(gauge, length, length_help, &runtime::blocking_pool::stats::queued, blocking);
    add(
        numbers, gauge, most, most_help, [n = pool_settings.queue_size_max] { return n; }, blocking
    );
    pool.add(counter, refused, refused_help, &runtime::blocking_pool::stats::refused, blocking);
    const labels blob_commit{{"queue", "blob_commit"}};
    blobs.add(gauge, length, length_help, &blob::stats::queue_length, blob_commit);
    blobs.add(gauge, most, most_help, &blob::stats::queue_length_max, blob_commit);
    blobs.add(counter, refused, refused_help, &blob::stats::queue_refused, blob_commit);
    const labels index_commit{{"queue", "index_commit"}};
    index.add(gauge, length, length_help, &meta::stats::queue_length, index_commit);
    index.add(gauge, most, most_help, &meta::stats::queue_length_max, index_commit);
    index.add(counter, refused, refused_help, &meta::stats::queue_refused, index_commit);
    add(numbers,
        gauge,
        "labstore_blocking_threads",
        "Threads that may wait for the disk.",
        [n = pool_settings.threads] { return n; });
    pool.add(
        gauge, "labstore_blocking_threads_busy", "Those at work.", &runtime::blocking_pool::stats::running
    );
    pool.add(
        counter,
        "labstore_blocking_jobs_total",
        "Jobs they finished.",
        &runtime::blocking_pool::stats::finished
    );
}

/// What requests share so that each costs less.
void add_sharing_readings(registry& numbers, const s3::service& objects) {
    constexpr auto frames = "labstore_frames_total";
    constexpr auto frames_help = "Coroutine frames, by where their memory came from.";
    add(numbers, counter, frames, frames_help, [] { return runtime::frame_pool().reused; }, {{"from", "pool"}}
    );
    add(numbers,
        counter,
        frames,
        frames_help,
        [] { return runtime::frame_pool().made; },
        {{"from", "allocator"}});
    add(numbers, gauge, "labstore_frames_idle_bytes", "Memory of ended coroutines that threads keep.", [] {
        return runtime::frame_pool().idle_bytes;
    });
    add(numbers, counter, "labstore_md5_pieces_total", "Pieces of bodies hashed by the MD5 thread.", [&] {
        return objects.hashing().jobs;
    });
    add(numbers, counter, "labstore_md5_runs_total", "Passes of the MD5 thread over what it had.", [&] {
        return objects.hashing().runs;
    });
    add(numbers, counter, "labstore_md5_run_pieces_total", "Pieces that were in those passes together.", [&] {
        return objects.hashing().lanes;
    });
}

/// One count of the lifecycle.
auto lifecycle_count(std::uint64_t storage::lifecycle_counts::*field) {
    return [field](const storage::statistics& from) {
        return from.lifecycle.*field;
    };
}

void add_lifecycle_readings(readings_of<storage::statistics> objects) {
    using storage::lifecycle_counts;
    for (std::size_t i = 0; i < storage::lifecycle_actions; ++i)
        objects.add(
            counter,
            "labstore_lifecycle_actions_total",
            "Versions and uploads that lifecycle rules ended.",
            [i](const storage::statistics& from) { return from.lifecycle.done[i]; },
            {{"action",
              std::string(storage::lifecycle_action_name(static_cast<storage::lifecycle_action>(i)))}}
        );
    objects.add(
        counter,
        "labstore_lifecycle_refused_total",
        "What was due and could not be removed; tried again a day later.",
        lifecycle_count(&lifecycle_counts::refused)
    );
    constexpr auto rows = "labstore_lifecycle_index_rows_total";
    constexpr auto rows_help =
        "Rows of the index by time: visited because of their age, added for what was there "
        "before its bucket had rules, removed because what they named was gone.";
    objects.add(
        counter, rows, rows_help, lifecycle_count(&lifecycle_counts::rows_visited), {{"what", "visited"}}
    );
    objects.add(
        counter, rows, rows_help, lifecycle_count(&lifecycle_counts::rows_built), {{"what", "built"}}
    );
    objects.add(
        counter, rows, rows_help, lifecycle_count(&lifecycle_counts::rows_stale), {{"what", "stale"}}
    );
    objects.add(
        gauge,
        "labstore_lifecycle_lag_seconds",
        "Since the oldest of what is being removed became due; 0 when nothing is.",
        lifecycle_count(&lifecycle_counts::lag_seconds)
    );
}

void add_log_readings(registry& numbers) {
    add(numbers, counter, "labstore_log_lines_written_total", "Log lines written.", [] {
        return log::current_statistics().written;
    });
    add(numbers, counter, "labstore_log_lines_dropped_total", "Log lines that found the queue full.", [] {
        return log::current_statistics().dropped;
    });
    add(numbers, counter, "labstore_log_lines_failed_total", "Log lines that could not be written.", [] {
        return log::current_statistics().failed;
    });
}

/// There without TLS too, so that dashboards and alerts need not ask which server this is.
void add_tls_readings(readings_of<net::tls_stats> tls) {
    constexpr auto handshakes = "labstore_tls_handshakes_total";
    constexpr auto handshakes_help = "TLS handshakes that ended, by result.";
    tls.add(counter, handshakes, handshakes_help, &net::tls_stats::handshakes, {{"result", "ok"}});
    tls.add(counter, handshakes, handshakes_help, &net::tls_stats::handshakes_failed, {{"result", "failed"}});
    tls.add(
        counter, "labstore_tls_resumed_total", "Handshakes by a session ticket.", &net::tls_stats::resumed
    );
    tls.add(
        counter,
        "labstore_tls_kernel_connections_total",
        "Connections that the kernel encrypts.",
        &net::tls_stats::kernel_connections
    );
    constexpr auto reloads = "labstore_tls_reloads_total";
    constexpr auto reloads_help = "Times that certificate and key were read again.";
    tls.add(counter, reloads, reloads_help, &net::tls_stats::reloads, {{"result", "ok"}});
    tls.add(counter, reloads, reloads_help, &net::tls_stats::reloads_failed, {{"result", "failed"}});
    tls.add(
        gauge,
        "labstore_tls_certificate_expiry_timestamp_seconds",
        "When the certificate in use expires; 0 without TLS.",
        &net::tls_stats::certificate_expires
    );
}

}  // namespace

void instance::add_connection_readings() {
    const runtime::limit& connections = listener_->connections();
    add(numbers_, gauge, "labstore_connections", "Open connections.", [&] { return connections.used(); });
    add(numbers_, gauge, "labstore_connections_max", "The limit connections-max.", [&] {
        return connections.amount_max();
    });
    add(numbers_, counter, "labstore_connections_refused_total", "Connections past that limit.", [&] {
        return connections.refused();
    });
    add(numbers_,
        gauge,
        "labstore_requests_in_flight",
        "Requests being answered, this one among them.",
        [this] { return web_->requests_in_flight(); });
}

/// Everything the readings refer to outlives the last rendering: requests for it end before any of it does.
void instance::add_readings() {
    numbers_
        .add_gauge(
            "labstore_build_info",
            "What is running.",
            {{"version", std::string(version())}, {"compiler", "gcc " __VERSION__}}
        )
        .set(1);
    numbers_
        .add_gauge(
            "labstore_durability_info", "What a power cut may take.", {{"mode", durability_name(settings_)}}
        )
        .set(1);
    add_process_readings(numbers_);
    add_sharing_readings(numbers_, *s3_);
    add_log_readings(numbers_);
    add_connection_readings();
    add(numbers_, gauge, "labstore_writable", "1 while changes are accepted.", [this] { return writable(); });
    add(numbers_, gauge, "labstore_draining", "1 after the server was told to stop.", [this] {
        return draining();
    });
    const auto seen = std::make_shared<snapshot>();
    numbers_.before_rendering([this, seen] {
        *seen = {
            blobs_->statistics(),
            index_->statistics(),
            pool_.statistics(),
            listener_->statistics(),
            tls_ ? tls_->statistics() : net::tls_stats{},
            objects_->stats()};
    });
    const readings_of blobs(numbers_, seen, &snapshot::blobs);
    const readings_of index(numbers_, seen, &snapshot::index);
    const readings_of pool(numbers_, seen, &snapshot::pool);
    readings_of accepting(numbers_, seen, &snapshot::accepting);
    accepting.add(
        counter,
        "labstore_connections_accepted_total",
        "Connections accepted, refused ones too.",
        &net::stats::accepted
    );
    accepting.add(
        counter,
        "labstore_accept_pauses_total",
        "Times that accepting paused for want of descriptors or memory.",
        &net::stats::exhausted
    );
    add_tls_readings(readings_of(numbers_, seen, &snapshot::tls));
    add_segment_readings(blobs);
    add_blob_readings(blobs);
    add_memory_readings(numbers_, blobs, *s3_);
    add_queue_readings(numbers_, pool, blobs, index, pool_.settings());
    add_index_readings(index);
    add_lifecycle_readings(readings_of(numbers_, seen, &snapshot::objects));
}

}  // namespace labstore::server
