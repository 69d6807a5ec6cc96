#include "blob/segment_appender.hpp"

#include <array>

namespace labstore::blob {
namespace {

constexpr std::size_t page_size = 4096;

const std::array<std::byte, page_size> zero_page{};

std::uint64_t draft_size(const record_draft& draft) noexcept {
    return record_size(record_header_size(*draft.whose, draft.payload.size()), draft.payload.size());
}

}  // namespace

segment_appender::segment_appender(engine& host, segment_supply& supply, segment_purpose purpose)
    : host_(host),
      supply_(supply),
      purpose_(purpose),
      sync_(purpose == segment_purpose::compaction || host.settings.mode == durability::commit) {}

segment_appender::~segment_appender() = default;

void segment_appender::append(std::span<record_draft* const> group, const settled& done) {
    const auto failed_syncs = host_.failed_syncs.load();
    if (std::exchange(failed_syncs_seen_, failed_syncs) != failed_syncs && active_)
        retire(make_error_code(errc::io_error));
    while (!group.empty()) {
        if (!active_ || !fits(*group.front(), 0)) {
            if (const auto rolled = roll(); !rolled) {
                group.front()->outcome = rolled.error();
                done(*group.front());
                group = group.subspan(1);
                continue;
            }
        }
        std::size_t count = 0;
        std::uint64_t size = 0;
        while (count < group.size() && fits(*group[count], size))
            size += draft_size(*group[count++]);
        LABSTORE_ASSERT(count > 0);
        append_run(group.first(count));
        for (auto* draft : group.first(count))
            done(*draft);
        group = group.subspan(count);
    }
}

bool segment_appender::fits(const record_draft& draft, std::uint64_t behind) const noexcept {
    return active_->end + behind + draft_size(draft) <= active_->what->size;
}

result<void> segment_appender::roll() {
    auto next = supply_.take(purpose_);
    if (!next)
        return next.error();
    seal();
    active_.emplace(std::move(*next));
    host_.counts.segments_begun.fetch_add(1, std::memory_order_relaxed);
    note_room();
    return {};
}

void segment_appender::append_run(std::span<record_draft* const> run) {
    auto wrote = write_run(run);
    if (!wrote) {
        // What a failed sync left behind is unknown and stays so: never sync that file again, start over
        // elsewhere.
        retire(wrote.error());
        if (const auto rolled = roll(); rolled) {
            wrote = write_run(run);
            if (!wrote)
                retire(wrote.error());
        }
    }
    if (!wrote) {
        for (auto* draft : run)
            draft->outcome = write_error(wrote.error());
        return;
    }
    auto& counts = host_.counts;
    counts.groups.fetch_add(1, std::memory_order_relaxed);
    counts.records.fetch_add(run.size(), std::memory_order_relaxed);
    if (purpose_ == segment_purpose::requests)
        counts.group_sizes.observe(static_cast<double>(run.size()));
    auto most = counts.group_size_max.load(std::memory_order_relaxed);
    while (most < run.size() && !counts.group_size_max.compare_exchange_weak(most, run.size()))
        continue;
}

result<void> segment_appender::write_run(std::span<record_draft* const> run) {
    auto& active = *active_;
    std::vector<byte_span> pieces;
    pieces.reserve(3 * run.size() + 1);
    auto end = active.end;
    for (auto* draft : run) {
        const auto payload_size = static_cast<std::uint32_t>(draft->payload.size());
        draft->header = encode_record_header(
            {.kind = record_kind::blob,
             .incarnation = active.what->incarnation,
             .synced_end = active.synced_end,
             .id = draft->id,
             .payload_size = payload_size,
             .block_crcs = draft->block_crcs},
            *draft->whose
        );
        const auto header_size = static_cast<std::uint32_t>(draft->header.size());
        const packed_locator where{
            .segment = active.what->number,
            .incarnation = active.what->incarnation,
            .offset = end,
            .header_size = header_size,
            .id = draft->id};
        draft->outcome = ref{.locator = encode_locator(where), .size_bytes = payload_size};
        const auto unaligned = header_size + payload_size;
        const auto size = static_cast<std::uint32_t>(record_size(header_size, payload_size));
        pieces.push_back(as_bytes(draft->header));
        if (payload_size > 0)
            pieces.push_back(draft->payload);
        if (size > unaligned)
            pieces.push_back(byte_span(zero_page).first(size - unaligned));
        end += size;
    }
    // Whole pages to the end: a part of a page that is not in memory would have to be read first.
    if (const auto page_end = align_up(end, page_size); page_end > end)
        pieces.push_back(byte_span(zero_page).first(page_end - end));
    LABSTORE_TRY(active.data->write(active.end, pieces));
    if (sync_)
        LABSTORE_TRY(timed_sync(*active.data, host_.counts.segment_sync_seconds));
    else
        host_.unsynced.store(true, std::memory_order_release);
    host_.table.appended(*active.what, end, end - active.end);
    active.end = end;
    if (sync_)
        active.synced_end = end;
    note_room();
    return {};
}

void segment_appender::retire(const error_code& why) {
    host_.table.retire(*active_->what);
    host_.counts.files_retired.fetch_add(1, std::memory_order_relaxed);
    host_.report("segment_retired", host_.paths.segment(active_->what->number) + ": " + why.message());
    active_.reset();
    note_room();
}

void segment_appender::seal() {
    if (!active_)
        return;
    // The mark lets a later check tell damage at the end from what a crash left. It is not needed, so it is
    // not synced.
    const owner nobody;
    const auto mark = encode_record_header(
        {.kind = record_kind::seal,
         .incarnation = active_->what->incarnation,
         .synced_end = active_->synced_end,
         .id = {},
         .payload_size = 0,
         .block_crcs = {}},
        nobody
    );
    if (active_->end + mark.size() <= active_->what->size) {
        const byte_span piece = as_bytes(mark);
        (void)active_->data->write(active_->end, std::span(&piece, 1));
    }
    host_.table.seal(*active_->what);
    active_.reset();
    note_room();
}

void segment_appender::note_room() noexcept {
    room_.store(active_ ? active_->what->size - active_->end : 0, std::memory_order_relaxed);
}

}  // namespace labstore::blob
