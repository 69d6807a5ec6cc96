#include "config/tables.hpp"

namespace labstore::config {
namespace {

using namespace std::chrono_literals;

constexpr range interval_milliseconds{1, 60'000};

std::optional<std::string> set_durability(settings& to, std::string_view text) {
    auto mode = std::pair(meta::durability::commit, blob::durability::commit);
    auto interval = to.index.interval;
    if (text == "none") {
        mode = {meta::durability::none, blob::durability::none};
    } else if (text.starts_with("interval=")) {
        const std::string_view length = text.substr(text.find('=') + 1);
        const auto number = parse_decimal(length.substr(0, length.size() - (length.ends_with("ms") ? 2 : 0)));
        if (!number || !interval_milliseconds.holds(*number))
            return not_fitting(text, "interval=MS with 1 to 60000 milliseconds");
        mode = {meta::durability::interval, blob::durability::interval};
        interval = std::chrono::milliseconds(*number);
    } else if (text != "commit") {
        return not_fitting(text, "one of commit, interval=MS, none");
    }
    to.index.mode = mode.first;
    to.blobs.mode = mode.second;
    to.index.interval = interval;
    to.blobs.interval = interval;
    return std::nullopt;
}

std::string get_durability(const settings& from) {
    switch (from.index.mode) {
        case meta::durability::commit:
            return "commit";
        case meta::durability::interval:
            return "interval=" + std::to_string(from.index.interval.count());
        case meta::durability::none:
            return "none";
    }
    return {};
}

option durability_option() {
    option made = described(
        "durability",
        "commit, interval=MS or none",
        "When an acknowledged change is on the disk: before the answer, at most MS milliseconds after it, or "
        "when the kernel pleases. docs/durability.md says what a power cut can lose."
    );
    made.set = set_durability;
    made.get = get_durability;
    return made;
}

void add_segment_options(std::vector<option>& rows) {
    rows.push_back(size_option(
        "packed-size-max",
        "Objects and parts up to this size share segment files; larger ones get a file of their own.",
        {0, 2 * MiB},
        [](auto& s) -> auto& { return s.blobs.packed_size_bytes_max; }
    ));
    rows.push_back(size_option(
        "segment-size",
        "Size of a segment file; halved, down to 4MiB, until 32 of them fit the file system.",
        {4 * MiB, 1 * GiB},
        [](auto& s) -> auto& { return s.blobs.segment_size_bytes; }
    ));
    rows.push_back(number_option(
        "segments-active", "Segments written to in turn.", {1, 64}, [](auto& s) -> auto& {
            return s.blobs.segments_active;
        }
    ));
    rows.push_back(number_option(
        "segments-spare", "Segments prepared ahead of need.", {0, 64}, [](auto& s) -> auto& {
            return s.blobs.segments_spare;
        }
    ));
    option compact = described(
        "compact-below-live",
        "fraction, 0 to 0.95",
        "A full segment is compacted when the living part of it is smaller than this."
    );
    compact.set = [type =
                       compact.info.type](settings& to, std::string_view text) -> std::optional<std::string> {
        const auto value = parse_fraction(text);
        if (!value || !(*value >= 0 && *value <= 0.95))
            return not_fitting(text, type);
        to.blobs.compact_below_live = *value;
        return std::nullopt;
    };
    compact.get = [](const settings& from) {
        return format_fraction(from.blobs.compact_below_live);
    };
    rows.push_back(std::move(compact));
    rows.push_back(size_option(
        "compact-rate",
        "Bytes a second that compaction may move.",
        {64 * KiB, 64 * GiB},
        [](auto& s) -> auto& { return s.blobs.compact_bytes_per_second; }
    ));
    rows.push_back(duration_option(
        "remove-delay",
        "Space of a removed blob is used again no sooner than this, so that readers finish.",
        0ms,
        24h,
        [](auto& s) -> auto& { return s.blobs.remove_delay; }
    ));
    rows.push_back(size_option(
        "reserve-size",
        "Room on the file system kept for deletes when it is full; at most a sixteenth of it is taken.",
        {0, 64 * GiB},
        [](auto& s) -> auto& { return s.blobs.reserve_bytes; }
    ));
}

void add_index_options(std::vector<option>& rows) {
    rows.push_back(size_option(
        "block-cache", "Cache of the index.", {1 * MiB, 1 * TiB}, [](auto& s) -> auto& {
            return s.index.block_cache_bytes;
        }
    ));
    rows.push_back(number_option(
        "block-cache-shards",
        "Parts of that cache with a lock of their own, rounded up to a power of 2; 0: one for each 4 MiB, at "
        "most 64.",
        {0, 65'536},
        [](auto& s) -> auto& { return s.index.block_cache_shards; }
    ));
    rows.push_back(size_option(
        "memtable",
        "Write buffer of the index; two or three may exist.",
        {1 * MiB, 4 * GiB},
        [](auto& s) -> auto& { return s.index.memtable_bytes; }
    ));
    rows.push_back(number_option(
        "index-queue-max",
        "Batches waiting for a group commit of the index.",
        {16, 1'000'000},
        [](auto& s) -> auto& { return s.index.queue_size_max; }
    ));
    rows.push_back(number_option(
        "batch-rows-max", "Rows of one batch of the index.", {1'024, 1'000'000}, [](auto& s) -> auto& {
            return s.index.batch_rows_max;
        }
    ));
    rows.push_back(size_option(
        "batch-size-max", "Bytes of one batch of the index.", {1 * MiB, 1 * GiB}, [](auto& s) -> auto& {
            return s.index.batch_bytes_max;
        }
    ));
}

void add_pool_options(std::vector<option>& rows) {
    rows.push_back(size_option(
        "body-memory-max",
        "Buffers of all bodies in flight together; past it 503 SlowDown.",
        {4 * MiB, 1 * TiB},
        [](auto& s) -> auto& { return s.blobs.body_memory_bytes_max; }
    ));
    rows.push_back(size_option(
        "buffer-pool-size",
        "Buffers of ended bodies kept for the next ones; 0 keeps none.",
        {0, 1 * TiB},
        [](auto& s) -> auto& { return s.blobs.idle_buffer_bytes_max; }
    ));
    rows.push_back(size_option(
        "frame-pool-size",
        "Memory of ended coroutines that each thread keeps for its next ones; 0 keeps none.",
        {0, 1 * GiB},
        [](auto& s) -> auto& { return s.frame_pool_bytes_max; }
    ));
}

}  // namespace

std::vector<option> storage_options() {
    std::vector<option> rows;
    rows.push_back(text_option(
        "storage-path",
        "Folder of all data; made with mode 0700 when missing. One process at a time.",
        [](auto& s) -> auto& { return s.storage_path; }
    ));
    rows.push_back(durability_option());
    rows.push_back(choice_option<blob::verify_reads>(
        "verify-reads",
        "When object bytes are checked against their checksums: when they come off the disk, or each time "
        "they "
        "are sent, although they have been in memory since they were checked.",
        {{"when-cold", blob::verify_reads::when_cold}, {"always", blob::verify_reads::always}},
        [](auto& s) -> auto& { return s.blobs.verify; }
    ));
    add_segment_options(rows);
    rows.push_back(duration_option(
        "clean-up-delay",
        "Bytes of a deleted or overwritten object stay readable at least this long.",
        0ms,
        24h,
        [](auto& s) -> auto& { return s.storage.clean_up_delay; }
    ));
    rows.push_back(duration_option(
        "maintenance-interval",
        "Pause between two pieces of background work.",
        1ms,
        1h,
        [](auto& s) -> auto& { return s.storage.maintenance_interval; }
    ));
    rows.push_back(duration_option(
        "lifecycle-interval",
        "Pause between two looks at what lifecycle rules say is due.",
        1ms,
        1h,
        [](auto& s) -> auto& { return s.storage.lifecycle_interval; }
    ));
    rows.push_back(duration_option(
        "lifecycle-day",
        "Length of a day of lifecycle rules. For tests only: a shorter one removes data earlier than its "
        "owner "
        "asked for.",
        1s,
        24h,
        [](auto& s) -> auto& { return s.storage.lifecycle_day; }
    ));
    return rows;
}

std::vector<option> object_options() {
    std::vector<option> rows;
    rows.push_back(size_option(
        "object-size-max", "Largest object, multipart included.", {1, 5 * TiB}, [](auto& s) -> auto& {
            return s.storage.object_size_bytes_max;
        }
    ));
    option put = size_option(
        "put-size-max", "Largest body of one PUT or part.", {1, 5 * TiB}, [](auto& s) -> auto& {
            return s.storage.put_size_bytes_max;
        }
    );
    rows.push_back(std::move(put).also([](settings& s) {
        s.s3.put_size_bytes_max = s.storage.put_size_bytes_max;
    }));
    option part = size_option(
        "part-size-min",
        "Smallest part of a multipart upload but the last.",
        {1, 5 * GiB},
        [](auto& s) -> auto& { return s.storage.part_size_bytes_min; }
    );
    rows.push_back(std::move(part).also([](settings& s) {
        s.s3.part_size_bytes_min = s.storage.part_size_bytes_min;
    }));
    rows.push_back(number_option(
        "parts-max", "Parts of one upload.", {1, 10'000}, [](auto& s) -> auto& { return s.storage.parts_max; }
    ));
    rows.push_back(number_option(
        "buckets-max", "Buckets of the server.", {1, 1'000'000}, [](auto& s) -> auto& {
            return s.storage.buckets_max;
        }
    ));
    rows.push_back(size_option(
        "metadata-size-max",
        "Names and values of an object's x-amz-meta-* headers.",
        {0, 1 * MiB},
        [](auto& s) -> auto& { return s.s3.metadata_size_bytes_max; }
    ));
    rows.push_back(size_option(
        "xml-size-max", "XML body of a request.", {1 * KiB, 64 * MiB}, [](auto& s) -> auto& {
            return s.s3.xml_size_bytes_max;
        }
    ));
    rows.push_back(size_option(
        "complete-xml-size-max",
        "XML body of CompleteMultipartUpload.",
        {1 * KiB, 64 * MiB},
        [](auto& s) -> auto& { return s.s3.complete_xml_size_bytes_max; }
    ));
    rows.push_back(number_option(
        "delete-keys-max", "Keys of one DeleteObjects.", {1, 10'000}, [](auto& s) -> auto& {
            return s.s3.delete_keys_max;
        }
    ));
    rows.push_back(boolean_option(
        "accept-acl-headers",
        "Accept canned ACLs without effect, for clients that insist on sending them.",
        [](auto& s) -> auto& { return s.s3.accept_acl_headers; }
    ));
    return rows;
}

std::vector<option> resource_options() {
    std::vector<option> rows;
    rows.push_back(choice_option<workload>(
        "workload",
        "What is mostly asked for: other defaults for some options, see docs/tuning.md.",
        {{"balanced", workload::balanced},
         {"read-heavy", workload::read_heavy},
         {"write-heavy", workload::write_heavy}},
        [](auto& s) -> auto& { return s.workload; }
    ));
    rows.push_back(number_option(
        "threads", "Network threads; 0 is one per core.", {0, 1024}, [](auto& s) -> auto& {
            return s.threads;
        }
    ));
    rows.push_back(number_option(
        "blocking-threads", "Threads for work that may wait for the disk.", {1, 1024}, [](auto& s) -> auto& {
            return s.blocking.threads;
        }
    ));
    rows.push_back(number_option(
        "blocking-queue-max",
        "Pieces of such work waiting for a thread.",
        {16, 1'000'000},
        [](auto& s) -> auto& { return s.blocking.queue_size_max; }
    ));
    add_pool_options(rows);
    rows.push_back(size_option(
        "document-memory-max",
        "XML of all requests and answers in flight together; past it 503 SlowDown.",
        {4 * MiB, 1 * TiB},
        [](auto& s) -> auto& { return s.s3.document_memory_bytes_max; }
    ));
    rows.push_back(size_option(
        "chunk-size", "Buffer of one large body in flight.", {64 * KiB, 16 * MiB}, [](auto& s) -> auto& {
            return s.blobs.chunk_bytes;
        }
    ));
    rows.push_back(number_option(
        "blob-queue-max",
        "Objects waiting for a group commit of bytes.",
        {16, 1'000'000},
        [](auto& s) -> auto& { return s.blobs.queue_size_max; }
    ));
    add_index_options(rows);
    return rows;
}

}  // namespace labstore::config
