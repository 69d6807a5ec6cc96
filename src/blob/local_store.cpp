#include "blob/local_store.hpp"

#include "blob/local_reader.hpp"

#include <pthread.h>

#include <algorithm>

namespace labstore::blob {

interval_sync::interval_sync(engine& host) : host_(host) {
    thread_ = std::thread([this] { sync_loop(); });
    ::pthread_setname_np(thread_.native_handle(), "blob-sync");
}

interval_sync::~interval_sync() {
    stop();
}

void interval_sync::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable())
        thread_.join();
}

void interval_sync::sync_loop() {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, host_.settings.interval, [this] { return stopping_; })) {
        if (!host_.unsynced.exchange(false, std::memory_order_acq_rel))
            continue;
        lock.unlock();
        if (const auto synced = host_.files.sync_all(host_.settings.path); !synced) {
            host_.failed_syncs.fetch_add(1);
            host_.report("sync_failed", synced.error().message());
        }
        lock.lock();
    }
}

local_store::local_store(std::unique_ptr<engine> host, bool sweep)
    : host_(std::move(host)),
      supply_(*host_),
      large_(*host_),
      compactor_(*host_, supply_),
      sweep_(*host_, large_, sweep) {
    supply_.start();
    for (std::uint32_t i = 0; i < host_->settings.segments_active; ++i)
        committers_.push_back(std::make_unique<segment_committer>(*host_, supply_));
    if (host_->settings.mode == durability::interval)
        interval_sync_ = std::make_unique<interval_sync>(*host_);
}

local_store::~local_store() {
    stop();
}

void local_store::stop() {
    if (std::exchange(stopped_, true))
        return;
    if (interval_sync_ != nullptr)
        interval_sync_->stop();
    for (const auto& committer : committers_)
        committer->stop();
    compactor_.stop();
    host_->jobs.wait();
    supply_.stop();
}

segment_committer& local_store::next_committer() noexcept {
    if (committers_.size() == 1)
        return *committers_.front();
    return *committers_[turn_.fetch_add(1, std::memory_order_relaxed) % committers_.size()];
}

awaitable<result<std::unique_ptr<writer>>> local_store::create(
    owner whose, std::optional<std::uint64_t> size_hint
) {
    LABSTORE_CO_TRY(check_owner_size(whose));
    const auto packed_max = host_->settings.packed_size_bytes_max;
    auto& committer = next_committer();
    if (size_hint && *size_hint > packed_max) {
        if (!host_->space.has_room(*size_hint))
            co_return errc::full;
    } else {
        // Better now than after the body: nothing more fits and no segment can be had.
        const auto wanted =
            record_size(record_header_size(whose, packed_max), size_hint.value_or(packed_max));
        if (supply_.out_of_room() && committer.room() < wanted)
            co_return errc::full;
    }
    auto made = std::make_unique<local_writer>(*host_, committer, large_, std::move(whose));
    const auto started = co_await made->start(size_hint);
    LABSTORE_CO_TRY(started);
    co_return result<std::unique_ptr<writer>>(std::move(made));
}

awaitable<result<std::unique_ptr<reader>>> local_store::open(ref which) {
    if (const auto packed = decode_packed_locator(which.locator)) {
        auto opened = co_await open_packed(*packed, which.size_bytes);
        co_return opened;
    }
    if (const auto large = decode_large_locator(which.locator)) {
        auto opened = co_await open_large(*large, which.size_bytes);
        co_return opened;
    }
    co_return errc::corrupt;
}

awaitable<result<std::unique_ptr<reader>>> local_store::open_packed(
    packed_locator where, std::uint64_t size_bytes
) {
    auto pinned = host_->table.hold(where);
    LABSTORE_CO_TRY(pinned);
    const auto blocks = block_count(size_bytes, record_block_size);
    const bool sane = where.header_size >= record_fixed_size + 4 * blocks &&
                      where.header_size <= record_fixed_size + owner_size_max + 4 * blocks &&
                      where.offset + where.header_size + size_bytes <= pinned->what().size;
    if (!sane)
        co_return host_->note_read_error(make_error_code(errc::corrupt), "a reference of the index");
    auto data = host_->segment_files.find(where.segment);
    if (data == nullptr) {
        auto work = [this, &where]() -> result<std::unique_ptr<file>> {
            return host_->files.open(host_->paths.segment(where.segment), open_mode::read);
        };
        auto opened = co_await host_->pool.run(work);
        LABSTORE_CO_TRY(opened);
        data = std::make_shared<segment_file>(std::move(*opened), pinned->what().size);
        host_->segment_files.put(where.segment, data);
    }
    auto made =
        std::make_unique<packed_reader>(*host_, std::move(*pinned), std::move(data), where, size_bytes);
    co_return result<std::unique_ptr<reader>>(std::move(made));
}

awaitable<result<std::unique_ptr<reader>>> local_store::open_large(
    large_locator where, std::uint64_t size_bytes
) {
    auto from = large_.cached(where);
    if (from == nullptr) {
        auto work = [this, &where] {
            return large_.open(where);
        };
        auto opened = co_await host_->pool.run(work);
        if (!opened)
            co_return host_->note_read_error(opened.error(), host_->paths.blob_file(where.name));
        from = std::move(*opened);
    }
    if (from->footer.payload_size != size_bytes)
        co_return host_->note_read_error(make_error_code(errc::corrupt), host_->paths.blob_file(where.name));
    auto made = std::make_unique<large_reader>(*host_, std::move(from), where);
    co_return result<std::unique_ptr<reader>>(std::move(made));
}

awaitable<result<ref>> local_store::clone(ref which, owner whose) {
    LABSTORE_CO_TRY(check_owner_size(whose));
    if (const auto large = decode_large_locator(which.locator)) {
        auto work = [this, &large, &whose] {
            return large_.link(*large, whose);
        };
        const auto linked = co_await host_->pool.run(work);
        if (linked)
            co_return ref{.locator = encode_locator(*linked), .size_bytes = which.size_bytes};
        const bool copy_instead = linked.error() != errc::no_such_key && linked.error() != errc::busy;
        if (!copy_instead)
            co_return linked.error();
    }
    auto copied = co_await copy_bytes(std::move(which), std::move(whose));
    co_return copied;
}

awaitable<result<ref>> local_store::copy_bytes(ref which, owner whose) {
    const auto size = which.size_bytes;
    auto metadata = whose.metadata;
    auto from = co_await open(std::move(which));
    LABSTORE_CO_TRY(from);
    auto to = co_await create(std::move(whose), size);
    LABSTORE_CO_TRY(to);
    std::uint64_t done = 0;
    while (done < size) {
        auto bytes = co_await (*from)->read(done, size - done);
        LABSTORE_CO_TRY(bytes);
        done += bytes->size();
        auto rest = *bytes;
        while (!rest.empty()) {
            const auto room = co_await (*to)->prepare();
            LABSTORE_CO_TRY(room);
            const auto piece = rest.first(std::min(rest.size(), room->size()));
            std::ranges::copy(piece, room->begin());
            (*to)->advance(piece.size());
            rest = rest.subspan(piece.size());
        }
    }
    auto made = co_await (*to)->finish(std::move(metadata));
    co_return made;
}

awaitable<result<void>> local_store::remove(std::vector<ref> which) {
    std::vector<large_locator> files;
    for (const auto& one : which) {
        if (const auto packed = decode_packed_locator(one.locator))
            host_->table.removed(*packed, record_size(packed->header_size, one.size_bytes));
        else if (const auto large = decode_large_locator(one.locator))
            files.push_back(*large);
    }
    if (files.empty())
        co_return result<void>();
    auto work = [this, &files]() -> result<void> {
        result<void> first_failure;
        for (const auto& where : files)
            if (const auto gone = large_.remove(where); !gone && first_failure)
                first_failure = gone;
        return first_failure;
    };
    auto removed = co_await host_->pool.run(work);
    co_return removed;
}

awaitable<result<maintenance_report>> local_store::maintain(referee& judge) {
    maintenance_report report;
    const auto compacted = co_await compactor_.step(judge, report);
    LABSTORE_CO_TRY(compacted);
    const auto swept = co_await sweep_.step(judge, report);
    host_->counts.orphans_removed.fetch_add(report.orphans_removed, std::memory_order_relaxed);
    LABSTORE_CO_TRY(swept);
    co_return report;
}

stats local_store::statistics() const {
    stats out;
    host_->table.fill(out);
    host_->counts.fill(out);
    host_->buffers.fill(out);
    for (const auto& committer : committers_)
        out.queue_length += committer->queued();
    out.queue_length_max = host_->settings.queue_size_max * committers_.size();
    if (const auto room = host_->files.free_space(host_->settings.path)) {
        out.space_total_bytes = room->total_bytes;
        out.space_available_bytes = room->available_bytes;
    }
    return out;
}

result<void> local_store::close() {
    if (stopped_)
        return {};
    stop();
    // In every mode: an unlink is not synced when it happens, and after a clean stop nobody looks for orphans.
    LABSTORE_TRY(host_->files.sync_all(host_->settings.path));
    // Without the clean mark the next start goes on with what this one did not finish.
    if (!sweep_.done() || host_->table.has_uncounted())
        return {};
    return write_small_file(
        *host_, host_->paths.segments(), host_->paths.usage(), encode_usage(host_->table.usage())
    );
}

}  // namespace labstore::blob
