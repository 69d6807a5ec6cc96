#include "blob/engine.hpp"

namespace labstore::blob {
namespace {

constexpr std::size_t segment_files_open_max = 512;
constexpr std::size_t large_files_open_max = 128;

}  // namespace

void job_counter::begin() {
    const std::lock_guard lock(mutex_);
    ++running_;
}

void job_counter::end() {
    const std::lock_guard lock(mutex_);
    --running_;
    idle_.notify_all();
}

void job_counter::wait() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return running_ == 0; });
}

void counters::fill(stats& out) const {
    const auto get = [](const std::atomic<std::uint64_t>& count) {
        return count.load(std::memory_order_relaxed);
    };
    out.groups = get(groups);
    out.records = get(records);
    out.group_size_max = get(group_size_max);
    out.files_retired = get(files_retired);
    out.corrupt_reads = get(corrupt_reads);
    out.segments_begun = get(segments_begun);
    out.segments_compacted = get(segments_compacted);
    out.segments_removed = get(segments_removed);
    out.compaction_read_bytes = get(compaction_read_bytes);
    out.compaction_written_bytes = get(compaction_written_bytes);
    out.orphans_removed = get(orphans_removed);
    out.queue_refused = get(queue_refused);
    out.reads_cached = reads_cached.value();
    out.reads_from_device = reads_from_device.value();
    out.group_sizes = group_sizes.value();
    out.commit_seconds = commit_seconds.value();
    out.segment_sync_seconds = segment_sync_seconds.value();
    out.file_sync_seconds = file_sync_seconds.value();
}

result<void> timed_sync(file& data, metrics::histogram& seconds) {
    const auto start = std::chrono::steady_clock::now();
    auto synced = data.sync_data();
    seconds.observe(std::chrono::steady_clock::now() - start);
    return synced;
}

engine::engine(
    options checked_settings,
    std::uint64_t reserve_bytes,
    runtime::blocking_pool& threads,
    file_system& device
)
    : settings(std::move(checked_settings)),
      paths{settings.path},
      run(make_incarnation()),
      pool(threads),
      files(device),
      buffers(settings.body_memory_bytes_max, settings.idle_buffer_bytes_max),
      space(settings.path, reserve_bytes, device),
      table(settings.unnamed_for_max),
      segment_files(segment_files_open_max),
      large_files(large_files_open_max) {}

error_code engine::note_read_error(error_code error, const std::string& what) {
    if (error == errc::corrupt) {
        counts.corrupt_reads.fetch_add(1, std::memory_order_relaxed);
        report("corrupt", what);
    }
    return error;
}

awaitable<result<void>> fetch(engine& host, file& from, std::uint64_t offset, mutable_byte_span into) {
    const auto cached = from.read_cached(offset, into);
    if (cached == into.size()) {
        host.counts.reads_cached.add();
        co_return result<void>();
    }
    host.counts.reads_from_device.add();
    const auto rest = into.subspan(cached);
    auto work = [&from, at = offset + cached, rest]() -> result<std::size_t> {
        return from.read(at, rest);
    };
    const auto got = co_await host.pool.run(work);
    LABSTORE_CO_TRY(got);
    if (*got != rest.size())
        co_return errc::corrupt;
    co_return result<void>();
}

error_code write_error(const error_code& error) noexcept {
    return make_error_code(to_errc(error) == errc::full ? errc::full : errc::io_error);
}

result<void> write_small_file(
    engine& host, const std::string& directory, const std::string& path, std::string_view content
) {
    const auto temporary = host.paths.temporary(make_blob_id());
    {
        auto opened = host.files.open(temporary, open_mode::create);
        if (!opened)
            return opened.error();
        const byte_span piece = as_bytes(content);
        LABSTORE_TRY((*opened)->write(0, std::span(&piece, 1)));
        LABSTORE_TRY((*opened)->sync_data());
    }
    LABSTORE_TRY(host.files.rename(temporary, path));
    return host.files.sync_directory(directory);
}

result<std::string> read_small_file(file_system& files, const std::string& path, std::uint64_t size_max) {
    auto opened = files.open(path, open_mode::read);
    if (!opened)
        return opened.error();
    const auto size = (*opened)->size_bytes();
    if (!size)
        return size.error();
    if (*size > size_max)
        return errc::corrupt;
    std::string content(*size, '\0');
    const auto got = (*opened)->read(0, std::as_writable_bytes(std::span(content)));
    if (!got)
        return got.error();
    if (*got != content.size())
        return errc::corrupt;
    return content;
}

}  // namespace labstore::blob
