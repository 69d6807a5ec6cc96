#pragma once

#include "blob/segment_appender.hpp"
#include "blob/segment_walk.hpp"

namespace labstore::blob {

/// Gives the space of dead records back, a bounded piece per step: counts segments after an unclean stop,
/// copies what is live out of mostly dead ones, and frees empty ones when no reader can be on its way to
/// them. What is dead is decided by the referee alone; accounts only say where to look. A crash at any point
/// leaves the old record, the new one, or both. One step at a time.
class compactor {
  public:
    compactor(engine& host, segment_supply& supply);

    [[nodiscard]] awaitable<result<void>> step(referee& judge, maintenance_report& report);

    /// Seals the segment that copies go to. No step in flight.
    void stop();

  private:
    struct job {
        std::shared_ptr<segment> what;
        std::shared_ptr<file> data;
        std::optional<segment_walk> walk;
        bool counting = false;
        bool blocked = false;  // something stays: try again later
        bool damaged = false;  // a live record cannot be read
        bool at_end = false;
    };

    using batch = std::vector<walked_record>;

    awaitable<result<void>> recycle(bool eager, maintenance_report& report);
    /// Leaves `job_` empty when there is nothing to do.
    awaitable<result<void>> choose_job(bool eager);
    result<batch> read_batch();
    awaitable<result<void>> count_batch(referee& judge, batch records);
    awaitable<result<void>> compact_batch(referee& judge, batch records, maintenance_report& report);
    awaitable<result<batch>> find_live(referee& judge, batch records);
    result<std::vector<result<ref>>> copy_records(const batch& records);
    awaitable<result<void>> relocate(
        referee& judge, const walked_record& record, const ref& to, maintenance_report& report
    );
    void finish_job(maintenance_report& report);
    void abort_job(std::chrono::milliseconds pause);
    [[nodiscard]] packed_locator locator_of(const walked_record& record) const;
    [[nodiscard]] ref ref_of(const walked_record& record) const;

    engine& host_;
    segment_supply& supply_;
    segment_appender appender_;
    runtime::task_group pauses_;  // owns no task: the thing that a pause watches
    std::optional<job> job_;
};

}  // namespace labstore::blob
