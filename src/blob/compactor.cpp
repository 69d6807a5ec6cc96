#include "blob/compactor.hpp"

#include <algorithm>

namespace labstore::blob {
namespace {

constexpr std::size_t batch_records_max = 256;
constexpr std::uint64_t batch_bytes_max = 1 * MiB;
constexpr std::size_t free_segments_kept = 8;
constexpr std::chrono::milliseconds eager_remove_delay{1000};
constexpr std::chrono::milliseconds retry_pause{1000};
constexpr std::chrono::milliseconds blocked_pause{5000};
constexpr std::chrono::milliseconds unreadable_pause{60'000};

steady_time now() {
    return std::chrono::steady_clock::now();
}

}  // namespace

compactor::compactor(engine& host, segment_supply& supply)
    : host_(host), supply_(supply), appender_(host, supply, segment_purpose::compaction) {}

void compactor::stop() {
    job_.reset();
    appender_.seal();
}

awaitable<result<void>> compactor::step(referee& judge, maintenance_report& report) {
    host_.table.forget_old_removals(now());
    const bool eager = host_.space.is_short(host_.table.free_bytes(), 2 * host_.settings.segment_size_bytes);
    const auto recycled = co_await recycle(eager, report);
    LABSTORE_CO_TRY(recycled);
    if (!job_) {
        const auto chosen = co_await choose_job(eager);
        LABSTORE_CO_TRY(chosen);
        if (!job_)
            co_return result<void>();
    }
    auto work = [this] {
        return read_batch();
    };
    auto records = co_await host_.pool.run(work);
    if (!records) {
        host_.report("segment_unreadable", host_.paths.segment(job_->what->number));
        abort_job(unreadable_pause);
        co_return records.error();
    }
    const bool counting = job_->counting;
    if (counting) {
        const auto counted = co_await count_batch(judge, std::move(*records));
        LABSTORE_CO_TRY(counted);
    } else {
        const auto compacted = co_await compact_batch(judge, std::move(*records), report);
        LABSTORE_CO_TRY(compacted);
    }
    if (job_ && job_->at_end)
        finish_job(report);
    report.more = true;
    co_return result<void>();
}

awaitable<result<void>> compactor::recycle(bool eager, maintenance_report& report) {
    const auto delay =
        eager ? std::min(eager_remove_delay, host_.settings.remove_delay) : host_.settings.remove_delay;
    std::vector<std::shared_ptr<segment>> unlinked;
    for (auto& [what, reusable] : host_.table.recycle(now(), delay)) {
        ++report.segments_recycled;
        if (!reusable)
            unlinked.push_back(what);
    }
    const auto kept = host_.settings.segments_spare + (eager ? 0 : free_segments_kept);
    for (auto& what : host_.table.release_free(kept))
        unlinked.push_back(std::move(what));
    if (report.segments_recycled > 0)
        supply_.kick();
    if (unlinked.empty())
        co_return result<void>();
    auto work = [this, &unlinked]() -> result<void> {
        // A name that stays is found empty by a later start: nothing in it is live.
        for (const auto& what : unlinked) {
            host_.segment_files.erase(what->number);
            if (const auto gone = host_.files.unlink(host_.paths.segment(what->number)); !gone)
                host_.report("segment_not_removed", host_.paths.segment(what->number));
            else
                host_.counts.segments_removed.fetch_add(1, std::memory_order_relaxed);
        }
        return {};
    };
    const auto removed = co_await host_.pool.run(work);
    host_.space.forget();
    supply_.kick();
    co_return removed;
}

awaitable<result<void>> compactor::choose_job(bool eager) {
    job next;
    next.what = host_.table.pick_uncounted(now());
    next.counting = next.what != nullptr;
    if (next.what == nullptr)
        next.what = host_.table.pick_to_compact(
            {.below_live = host_.settings.compact_below_live, .eager = eager, .now = now()}
        );
    if (next.what == nullptr)
        co_return result<void>();
    auto work = [this, number = next.what->number]() -> result<std::unique_ptr<file>> {
        return host_.files.open(host_.paths.segment(number), open_mode::read);
    };
    auto opened = co_await host_.pool.run(work);
    if (!opened) {
        host_.report("segment_unreadable", host_.paths.segment(next.what->number));
        host_.table.put_off(*next.what, now() + unreadable_pause);
        co_return opened.error();
    }
    next.data = std::move(*opened);
    const auto end = next.counting ? next.what->size : next.what->used;
    next.walk.emplace(*next.data, next.what->incarnation, end);
    job_.emplace(std::move(next));
    co_return result<void>();
}

result<compactor::batch> compactor::read_batch() {
    batch records;
    std::uint64_t bytes = 0;
    while (records.size() < batch_records_max && (job_->counting || bytes < batch_bytes_max)) {
        auto record = job_->walk->next();
        if (!record)
            return record.error();
        if (!*record) {
            job_->at_end = true;
            break;
        }
        bytes += (*record)->payload_size;
        host_.counts.compaction_read_bytes.fetch_add((*record)->size(), std::memory_order_relaxed);
        records.push_back(std::move(**record));
    }
    return records;
}

awaitable<result<void>> compactor::count_batch(referee& judge, batch records) {
    for (const auto& record : records) {
        const auto which = ref_of(record);
        const auto live = co_await judge.is_live(record.whose, which);
        if (!live) {
            // Counted again from the front by a later step.
            job_.reset();
            co_return live.error();
        }
        host_.table.count_record(*job_->what, record.offset + record.size(), *live ? record.size() : 0);
    }
    co_return result<void>();
}

awaitable<result<compactor::batch>> compactor::find_live(referee& judge, batch records) {
    batch live;
    for (auto& record : records) {
        if (host_.table.was_removed(*job_->what, record.offset))
            continue;
        const auto which = ref_of(record);
        const auto verdict = co_await judge.is_live(record.whose, which);
        LABSTORE_CO_TRY(verdict);
        if (*verdict)
            live.push_back(std::move(record));
        else if (!host_.table.may_be_garbage(*job_->what, record.offset, now()))
            job_->blocked = true;
    }
    co_return std::move(live);
}

awaitable<result<void>> compactor::compact_batch(referee& judge, batch records, maintenance_report& report) {
    auto live = co_await find_live(judge, std::move(records));
    if (!live) {
        abort_job(retry_pause);
        co_return live.error();
    }
    if (live->empty())
        co_return result<void>();
    auto work = [this, &live] {
        return copy_records(*live);
    };
    auto copies = co_await host_.pool.run(work);
    if (!copies) {
        abort_job(retry_pause);
        co_return copies.error();
    }
    const auto moved_before = report.bytes_moved;
    for (std::size_t i = 0; i < live->size(); ++i) {
        const auto& to = (*copies)[i];
        if (!to) {
            job_->blocked = job_->blocked || to.error() != errc::corrupt;
            continue;
        }
        const auto relocated = co_await relocate(judge, (*live)[i], *to, report);
        if (!relocated) {
            abort_job(retry_pause);
            co_return relocated.error();
        }
    }
    const auto moved = report.bytes_moved - moved_before;
    const std::chrono::milliseconds pause(
        moved * 1000 / std::max<std::uint64_t>(host_.settings.compact_bytes_per_second, 1)
    );
    if (pause.count() > 0)
        (void)co_await runtime::sleep_for(pause, pauses_);
    co_return result<void>();
}

result<std::vector<result<ref>>> compactor::copy_records(const batch& records) {
    std::uint64_t size = 0;
    for (const auto& record : records)
        size += record.payload_size;
    const auto memory = std::make_unique_for_overwrite<std::byte[]>(size);
    std::vector<result<ref>> out(records.size(), result<ref>(make_error_code(errc::corrupt)));
    std::vector<record_draft> drafts(records.size());
    std::vector<record_draft*> group;
    auto* at = memory.get();
    for (std::size_t i = 0; i < records.size(); ++i) {
        const auto& record = records[i];
        const mutable_byte_span payload(at, record.payload_size);
        at += record.payload_size;
        if (const auto read = read_payload(*job_->data, record, payload); !read) {
            const auto place =
                host_.paths.segment(job_->what->number) + " at " + std::to_string(record.offset);
            host_.report("corrupt", place);
            job_->damaged = true;
            continue;
        }
        drafts[i].id = record.id;
        drafts[i].whose = &record.whose;
        drafts[i].payload = payload;
        drafts[i].block_crcs = record.block_crcs;
        group.push_back(&drafts[i]);
    }
    const auto done = [&](record_draft& draft) {
        const auto index = static_cast<std::size_t>(&draft - drafts.data());
        if (draft.outcome)
            host_.counts.compaction_written_bytes.fetch_add(records[index].size(), std::memory_order_relaxed);
        out[index] = std::move(draft.outcome);
    };
    appender_.append(group, done);
    return out;
}

awaitable<result<void>> compactor::relocate(
    referee& judge, const walked_record& record, const ref& to, maintenance_report& report
) {
    const auto from = ref_of(record);
    const auto done = co_await judge.relocate(record.whose, from, to);
    // With an error the copy may be named or not: it counts as live until its segment is walked in turn.
    LABSTORE_CO_TRY(done);
    if (*done) {
        host_.table.removed(locator_of(record), record.size());
        report.bytes_moved += record.size();
    } else if (const auto where = decode_packed_locator(to.locator)) {
        host_.table.removed(*where, record.size());
    }
    co_return result<void>();
}

void compactor::finish_job(maintenance_report& report) {
    auto& current = *job_;
    auto& what = *current.what;
    const auto end = current.walk->offset();
    const bool damaged =
        current.damaged || current.walk->damaged() || (!current.counting && end != what.used);
    if (damaged) {
        host_.report("segment_damaged", host_.paths.segment(what.number));
        host_.table.mark_damaged(what);
        if (current.counting)
            host_.table.finish_count(what, end);
    } else if (current.counting) {
        host_.table.finish_count(what, end);
    } else if (current.blocked) {
        host_.table.put_off(what, now() + blocked_pause);
    } else {
        host_.table.set_emptied(what, now());
        ++report.segments_compacted;
        host_.counts.segments_compacted.fetch_add(1, std::memory_order_relaxed);
    }
    job_.reset();
}

void compactor::abort_job(std::chrono::milliseconds pause) {
    host_.table.put_off(*job_->what, now() + pause);
    job_.reset();
}

packed_locator compactor::locator_of(const walked_record& record) const {
    return {
        .segment = job_->what->number,
        .incarnation = job_->what->incarnation,
        .offset = record.offset,
        .header_size = record.header_size,
        .id = record.id};
}

ref compactor::ref_of(const walked_record& record) const {
    return {.locator = encode_locator(locator_of(record)), .size_bytes = record.payload_size};
}

}  // namespace labstore::blob
