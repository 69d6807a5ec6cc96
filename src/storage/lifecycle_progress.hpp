#pragma once

#include "storage/record_codec.hpp"
#include "storage/services.hpp"

#include <functional>
#include <optional>
#include <string>

namespace labstore::storage {

/// Row 'l' of a bucket: read, changed, written under its revision. Belongs to one coroutine. What a lost write costs is
/// work that is done twice.
class lifecycle_progress_row {
  public:
    lifecycle_progress_row(services& all, bucket_ptr bucket) : all_(all), bucket_(std::move(bucket)) {}

    runtime::awaitable<result<void>> load();

    /// Together with what else the batch changes. conflict when another pass was here, or the bucket's state is not what
    /// was believed.
    runtime::awaitable<result<void>> store(meta::batch batch = {});

    [[nodiscard]] records::lifecycle_progress& value() noexcept { return value_; }

  private:
    services& all_;
    bucket_ptr bucket_;
    records::lifecycle_progress value_;
    meta::revision rev_ = 0;  // 0: there was none
};

/// Has the bucket an index by time from now on? Each of its batches keeps it then. What was there before is added by
/// `build_time_index`. no_such_bucket, and what an index may fail with.
runtime::awaitable<result<bucket_ptr>> keep_time_index(services& all, bucket_ptr bucket);

/// Adds rows for what was there before, a page at a time; true when nothing is left to be added. A crash or a stop
/// costs the page at hand.
runtime::awaitable<result<bool>> build_time_index(
    services& all, bucket_ptr bucket, lifecycle_progress_row& progress, std::size_t pages_max
);

}  // namespace labstore::storage
