#pragma once

#include "blob/types.hpp"
#include "blob/usage_format.hpp"

#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace labstore::blob {

enum class segment_state {
    unchecked,  // looked empty at an unclean start; to be walked before use
    free,       // holds nothing; waits to be used again
    spare,      // being prepared, or ready
    active,     // appended to
    sealed,     // no longer appended to
    emptied,    // nothing live; free once no reader can be on its way to it
    damaged     // an unreadable place in durable records: read, but neither compacted nor used again
};

/// One segment file. Fields below the first two are guarded by the table.
struct segment {
    segment(std::uint64_t its_number, std::uint32_t its_size) : number(its_number), size(its_size) {}

    const std::uint64_t number;
    const std::uint32_t size;
    std::uint64_t incarnation = 0;  // 0: the header is unreadable
    segment_state state = segment_state::spare;
    std::uint32_t used = 0;        // end of the last record
    std::uint32_t live = 0;        // bytes of records not known to be dead: a hint, the referee decides
    bool counted = true;           // `live` means something
    std::uint32_t counted_to = 0;  // while counting: records before are in `live`
    bool retired = false;          // a write or sync failed: never appended to or used again
    std::uint32_t pins = 0;
    steady_time last_append{};  // in this run
    steady_time emptied_at{};
    steady_time next_try{};
    std::unordered_set<std::uint32_t> removed;  // offsets removed while the segment is young
    bool removed_complete = true;               // false when `removed` grew too large and was given up
};

/// All segments: states, pins and accounts. Thread-safe; no call waits for the device.
class segment_table {
  public:
    /// For `young_for` after the last append a record that the index does not name may still be on its way
    /// into it.
    explicit segment_table(std::chrono::milliseconds young_for) : young_for_(young_for) {}

    /// Keeps a segment's bytes in place while it lives.
    class pin {
      public:
        pin() = default;

        pin(segment_table& table, std::shared_ptr<segment> what) : table_(&table), what_(std::move(what)) {}

        pin(pin&&) noexcept = default;
        pin& operator=(pin&&) = delete;
        ~pin();

        [[nodiscard]] const segment& what() const noexcept { return *what_; }

      private:
        segment_table* table_ = nullptr;
        std::shared_ptr<segment> what_;
    };

    void add(std::shared_ptr<segment> what);
    [[nodiscard]] std::uint64_t number_max() const;

    /// no_such_key when that life of the segment is over.
    [[nodiscard]] result<pin> hold(const packed_locator& where);

    /// A free segment, now `spare` and the caller's; `was_unchecked` tells whether it must be walked first.
    [[nodiscard]] std::shared_ptr<segment> take_free(bool& was_unchecked);
    void start_life(segment& what, std::uint64_t incarnation);
    void activate(segment& what);
    void seal(segment& what);
    /// A write or sync failed: sealed, and unlinked rather than used again once it is empty.
    void retire(segment& what);
    void mark_damaged(segment& what);
    /// An unchecked segment turned out to hold records.
    void mark_uncounted(segment& what, std::uint32_t used);

    void appended(segment& what, std::uint32_t end, std::uint32_t live_bytes);
    void removed(const packed_locator& where, std::uint64_t size_bytes);

    /// May the record be dropped when the index does not name it? False while it may still be on its way
    /// there.
    [[nodiscard]] bool may_be_garbage(const segment& what, std::uint32_t offset, steady_time now) const;
    [[nodiscard]] bool was_removed(const segment& what, std::uint32_t offset) const;

    // -- maintenance ----------------------------------------------------------------------------------------
    struct choice {
        double below_live = 0;
        bool eager = false;  // anything with a tenth of its bytes dead
        steady_time now{};
    };

    [[nodiscard]] std::shared_ptr<segment> pick_uncounted(steady_time now);
    void count_record(segment& what, std::uint32_t next_offset, std::uint32_t live_bytes);
    void finish_count(segment& what, std::uint32_t used);
    [[nodiscard]] std::shared_ptr<segment> pick_to_compact(const choice& how) const;
    void put_off(segment& what, steady_time until);
    void set_emptied(segment& what, steady_time now);

    /// Emptied segments that nobody can read any more: kept as free (true in the pair) or, when retired, to
    /// be unlinked by the caller (false; no longer in the table).
    [[nodiscard]] std::vector<std::pair<std::shared_ptr<segment>, bool>> recycle(
        steady_time now, std::chrono::milliseconds delay
    );
    /// Free segments beyond `count_max`, no longer in the table: the caller unlinks them.
    [[nodiscard]] std::vector<std::shared_ptr<segment>> release_free(std::size_t count_max);
    void forget_old_removals(steady_time now);

    [[nodiscard]] std::uint64_t free_bytes() const;
    [[nodiscard]] bool has_uncounted() const;
    void fill(stats& out) const;
    [[nodiscard]] std::vector<segment_usage> usage() const;

  private:
    [[nodiscard]] bool young(const segment& what, steady_time now) const;
    void forget_removals(segment& what);

    const std::chrono::milliseconds young_for_;
    mutable labstore::mutex mutex_;
    std::unordered_map<std::uint64_t, std::shared_ptr<segment>> segments_;
    std::size_t tracked_removals_ = 0;
};

}  // namespace labstore::blob
