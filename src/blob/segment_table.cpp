#include "blob/segment_table.hpp"

#include "blob/segment_format.hpp"

#include <algorithm>

namespace labstore::blob {
namespace {

constexpr std::size_t tracked_removals_max = 1'000'000;

}  // namespace

segment_table::pin::~pin() {
    if (what_ == nullptr)
        return;
    const std::lock_guard lock(table_->mutex_);
    LABSTORE_ASSERT(what_->pins > 0);
    --what_->pins;
}

void segment_table::add(std::shared_ptr<segment> what) {
    const std::lock_guard lock(mutex_);
    const auto number = what->number;
    const bool added = segments_.emplace(number, std::move(what)).second;
    LABSTORE_ASSERT(added);
}

std::uint64_t segment_table::number_max() const {
    const std::lock_guard lock(mutex_);
    std::uint64_t most = 0;
    for (const auto& [number, what] : segments_)
        most = std::max(most, number);
    return most;
}

result<segment_table::pin> segment_table::hold(const packed_locator& where) {
    const std::lock_guard lock(mutex_);
    const auto found = segments_.find(where.segment);
    if (found == segments_.end())
        return errc::no_such_key;
    auto& what = *found->second;
    const bool readable = what.state == segment_state::active || what.state == segment_state::sealed ||
                          what.state == segment_state::emptied || what.state == segment_state::damaged ||
                          what.state == segment_state::unchecked;
    // With an unreadable segment header the record itself has to prove its life.
    const bool same_life = what.incarnation == where.incarnation || what.incarnation == 0;
    if (!readable || !same_life)
        return errc::no_such_key;
    ++what.pins;
    return pin(*this, found->second);
}

std::shared_ptr<segment> segment_table::take_free(bool& was_unchecked) {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<segment> best;
    for (const auto& [number, what] : segments_) {
        const bool wanted = what->state == segment_state::free || what->state == segment_state::unchecked;
        if (wanted && what->pins == 0 && (best == nullptr || number < best->number))
            best = what;
    }
    if (best == nullptr)
        return nullptr;
    was_unchecked = best->state == segment_state::unchecked;
    best->state = segment_state::spare;
    return best;
}

void segment_table::start_life(segment& what, std::uint64_t incarnation) {
    const std::lock_guard lock(mutex_);
    LABSTORE_ASSERT(what.state == segment_state::spare && what.pins == 0);
    what.incarnation = incarnation;
    what.used = segment_header_size;
    what.live = 0;
    what.counted = true;
    forget_removals(what);
    what.removed_complete = true;
}

void segment_table::activate(segment& what) {
    const std::lock_guard lock(mutex_);
    LABSTORE_ASSERT(what.state == segment_state::spare);
    what.state = segment_state::active;
}

void segment_table::seal(segment& what) {
    const std::lock_guard lock(mutex_);
    LABSTORE_ASSERT(what.state == segment_state::active);
    what.state = segment_state::sealed;
}

void segment_table::retire(segment& what) {
    const std::lock_guard lock(mutex_);
    LABSTORE_ASSERT(what.state == segment_state::active || what.state == segment_state::spare);
    what.state = segment_state::sealed;
    what.retired = true;
}

void segment_table::mark_damaged(segment& what) {
    const std::lock_guard lock(mutex_);
    what.state = segment_state::damaged;
}

void segment_table::mark_uncounted(segment& what, std::uint32_t used) {
    const std::lock_guard lock(mutex_);
    what.state = segment_state::sealed;
    what.used = used;
    what.counted = false;
}

void segment_table::appended(segment& what, std::uint32_t end, std::uint32_t live_bytes) {
    const std::lock_guard lock(mutex_);
    what.used = end;
    what.live += live_bytes;
    what.last_append = std::chrono::steady_clock::now();
}

void segment_table::removed(const packed_locator& where, std::uint64_t size_bytes) {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    const auto found = segments_.find(where.segment);
    if (found == segments_.end() || found->second->incarnation != where.incarnation)
        return;
    auto& what = *found->second;
    if (what.state != segment_state::active && what.state != segment_state::sealed)
        return;
    if (young(what, now) && what.removed_complete) {
        if (!what.removed.insert(where.offset).second)
            return;
        if (++tracked_removals_ > tracked_removals_max) {
            forget_removals(what);
            what.removed_complete = false;
        }
    }
    if (!what.counted && where.offset >= what.counted_to)
        return;
    what.live -= static_cast<std::uint32_t>(std::min<std::uint64_t>(what.live, size_bytes));
}

bool segment_table::young(const segment& what, steady_time now) const {
    return what.last_append != steady_time{} && now - what.last_append < young_for_;
}

void segment_table::forget_removals(segment& what) {
    tracked_removals_ -= std::min(tracked_removals_, what.removed.size());
    what.removed = {};
}

bool segment_table::may_be_garbage(const segment& what, std::uint32_t offset, steady_time now) const {
    const std::lock_guard lock(mutex_);
    return !young(what, now) || what.removed.contains(offset);
}

bool segment_table::was_removed(const segment& what, std::uint32_t offset) const {
    const std::lock_guard lock(mutex_);
    return what.removed.contains(offset);
}

std::shared_ptr<segment> segment_table::pick_uncounted(steady_time now) {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, what] : segments_) {
        // One that looks empty is counted like the others unless it was needed before.
        if (what->state == segment_state::unchecked) {
            what->state = segment_state::sealed;
            what->counted = false;
        }
        if (what->state == segment_state::sealed && !what->counted && what->next_try <= now) {
            what->live = 0;
            what->counted_to = segment_header_size;
            return what;
        }
    }
    return nullptr;
}

void segment_table::count_record(segment& what, std::uint32_t next_offset, std::uint32_t live_bytes) {
    const std::lock_guard lock(mutex_);
    what.counted_to = next_offset;
    what.live += live_bytes;
}

void segment_table::finish_count(segment& what, std::uint32_t used) {
    const std::lock_guard lock(mutex_);
    what.counted = true;
    what.used = used;
}

std::shared_ptr<segment> segment_table::pick_to_compact(const choice& how) const {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<segment> best;
    double best_live = 2;
    for (const auto& [number, what] : segments_) {
        if (what->state != segment_state::sealed || !what->counted || what->next_try > how.now)
            continue;
        const double live = what->retired ? 0 : static_cast<double>(what->live) / what->size;
        const bool tenth_dead = what->used - std::min(what->used, what->live) >= what->size / 10;
        const bool wanted = live < how.below_live || (how.eager && tenth_dead);
        if (wanted && live < best_live) {
            best = what;
            best_live = live;
        }
    }
    return best;
}

void segment_table::put_off(segment& what, steady_time until) {
    const std::lock_guard lock(mutex_);
    what.next_try = until;
}

void segment_table::set_emptied(segment& what, steady_time now) {
    const std::lock_guard lock(mutex_);
    LABSTORE_ASSERT(what.state == segment_state::sealed || what.state == segment_state::spare);
    what.state = segment_state::emptied;
    what.emptied_at = now;
    what.live = 0;
    forget_removals(what);
}

std::vector<std::pair<std::shared_ptr<segment>, bool>> segment_table::recycle(
    steady_time now, std::chrono::milliseconds delay
) {
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<std::shared_ptr<segment>, bool>> out;
    for (auto at = segments_.begin(); at != segments_.end();) {
        auto& what = at->second;
        if (what->state != segment_state::emptied || what->pins > 0 || now - what->emptied_at < delay) {
            ++at;
            continue;
        }
        what->state = segment_state::free;
        what->used = 0;
        out.emplace_back(what, !what->retired);
        if (what->retired)
            at = segments_.erase(at);
        else
            ++at;
    }
    return out;
}

std::vector<std::shared_ptr<segment>> segment_table::release_free(std::size_t count_max) {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<segment>> free;
    for (const auto& [number, what] : segments_)
        if (what->state == segment_state::free)
            free.push_back(what);
    if (free.size() <= count_max)
        return {};
    std::ranges::sort(free, {}, [](const auto& what) { return what->number; });
    free.erase(free.begin(), free.begin() + static_cast<std::ptrdiff_t>(count_max));
    for (const auto& what : free)
        segments_.erase(what->number);
    return free;
}

void segment_table::forget_old_removals(steady_time now) {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, what] : segments_)
        if (!what->removed.empty() && !young(*what, now))
            forget_removals(*what);
}

std::uint64_t segment_table::free_bytes() const {
    const std::lock_guard lock(mutex_);
    std::uint64_t sum = 0;
    for (const auto& [number, what] : segments_)
        if (what->state == segment_state::free)
            sum += what->size;
    return sum;
}

bool segment_table::has_uncounted() const {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(segments_, [](const auto& entry) {
        return !entry.second->counted || entry.second->state == segment_state::unchecked;
    });
}

void segment_table::fill(stats& out) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, what] : segments_) {
        out.segment_bytes += what->size;
        switch (what->state) {
            case segment_state::active:
                ++out.segments_active;
                break;
            case segment_state::free:
            case segment_state::spare:
            case segment_state::unchecked:
                ++out.segments_free;
                continue;
            case segment_state::sealed:
            case segment_state::emptied:
            case segment_state::damaged:
                ++out.segments_sealed;
                break;
        }
        const auto records = what->used - std::min<std::uint32_t>(what->used, segment_header_size);
        out.segment_bytes_live += what->live;
        out.segment_bytes_dead += records - std::min(records, what->live);
    }
}

std::vector<segment_usage> segment_table::usage() const {
    const std::lock_guard lock(mutex_);
    std::vector<segment_usage> out;
    for (const auto& [number, what] : segments_) {
        segment_usage entry{
            .number = number,
            .incarnation = what->incarnation,
            .size = what->size,
            .used = what->used,
            .live = what->live,
            .state = saved_state::sealed};
        if (what->state == segment_state::free || what->state == segment_state::spare)
            entry.state = saved_state::free;
        else if (what->state == segment_state::damaged)
            entry.state = saved_state::damaged;
        out.push_back(entry);
    }
    std::ranges::sort(out, {}, &segment_usage::number);
    return out;
}

}  // namespace labstore::blob
