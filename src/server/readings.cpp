#include "server/durability_text.hpp"
#include "server/instance.hpp"
#include "server/process_readings.hpp"

namespace labstore::server {
namespace {

using metrics::registry;

template <typename Read>
void add(registry& numbers, registry::kind what, const char* name, const char* help, Read read) {
    numbers.add_reading(what, name, help, [read] { return static_cast<double>(read()); });
}

void add_blob_readings(registry& numbers, const blob::store& blobs) {
    constexpr auto counter = registry::kind::counter;
    constexpr auto gauge = registry::kind::gauge;
    add(numbers, gauge, "labstore_segments_sealed", "Full segment files.", [&] {
        return blobs.statistics().segments_sealed;
    });
    add(numbers, gauge, "labstore_segments_free", "Segment files waiting to be written again.", [&] {
        return blobs.statistics().segments_free;
    });
    add(numbers, gauge, "labstore_segment_bytes_live", "Bytes of packed objects that are named.", [&] {
        return blobs.statistics().segment_bytes_live;
    });
    add(numbers, gauge, "labstore_segment_bytes_dead", "Bytes of packed objects that nothing names.", [&] {
        return blobs.statistics().segment_bytes_dead;
    });
    add(numbers, counter, "labstore_blob_groups_total", "Group commits of packed records.", [&] {
        return blobs.statistics().groups;
    });
    add(numbers, counter, "labstore_blob_records_total", "Packed records committed.", [&] {
        return blobs.statistics().records;
    });
    add(numbers,
        counter,
        "labstore_files_retired_total",
        "Segments given up after a failed write or sync.",
        [&] { return blobs.statistics().files_retired; });
    add(numbers,
        counter,
        "labstore_corrupt_reads_total",
        "Reads whose bytes did not match their checksum.",
        [&] { return blobs.statistics().corrupt_reads; });
}

/// The named limits of memory, how much of each is taken, and whom they turned away.
void add_memory_readings(registry& numbers, const blob::store& blobs, const s3::service& objects) {
    constexpr auto counter = registry::kind::counter;
    constexpr auto gauge = registry::kind::gauge;
    add(numbers, gauge, "labstore_body_memory_bytes", "Buffers of bodies in flight.", [&] {
        return blobs.statistics().body_memory_bytes;
    });
    add(numbers, counter, "labstore_body_memory_refused_total", "Requests past body-memory-max.", [&] {
        return blobs.statistics().body_memory_refused;
    });
    add(numbers, gauge, "labstore_document_memory_bytes", "XML of requests and answers in flight.", [&] {
        return objects.documents().used();
    });
    add(numbers,
        counter,
        "labstore_document_memory_refused_total",
        "Requests past document-memory-max.",
        [&] { return objects.documents().refused(); });
}

void add_index_readings(registry& numbers, const meta::store& index) {
    constexpr auto counter = registry::kind::counter;
    add(numbers, counter, "labstore_index_batches_total", "Batches applied to the index.", [&] {
        return index.statistics().batches;
    });
    add(numbers, counter, "labstore_index_groups_total", "Group commits of the index.", [&] {
        return index.statistics().groups;
    });
    add(numbers, counter, "labstore_index_conflicts_total", "Batches whose preconditions did not hold.", [&] {
        return index.statistics().conflicts;
    });
    add(numbers, registry::kind::gauge, "labstore_index_rows", "Rows of the index, estimated.", [&] {
        return index.statistics().rows_estimate;
    });
}

}  // namespace

/// Everything the readings refer to outlives the last rendering: requests for it end before any of it does.
void instance::add_readings() {
    constexpr auto counter = registry::kind::counter;
    constexpr auto gauge = registry::kind::gauge;
    numbers_
        .add_gauge(
            "labstore_info",
            "What is running.",
            {{"version", std::string(version())}, {"durability", durability_name(settings_)}}
        )
        .set(1);
    add_process_readings(numbers_);
    runtime::limit& connections = listener_->connections();
    add(numbers_, gauge, "labstore_connections", "Open connections.", [&connections] {
        return connections.used();
    });
    add(numbers_,
        counter,
        "labstore_connections_refused_total",
        "Connections past connections-max.",
        [&connections] { return connections.refused(); });
    add(numbers_, gauge, "labstore_writable", "1 while changes are accepted.", [this] { return writable(); });
    add(numbers_, gauge, "labstore_blocking_queue", "Work waiting for a blocking thread.", [this] {
        return pool_.queued();
    });
    add(numbers_, counter, "labstore_log_lines_dropped_total", "Log lines that found the queue full.", [] {
        return log::current_statistics().dropped;
    });
    add_blob_readings(numbers_, *blobs_);
    add_memory_readings(numbers_, *blobs_, *s3_);
    add_index_readings(numbers_, *index_);
}

}  // namespace labstore::server
