#pragma once

#include "storage/services.hpp"

#include <chrono>

namespace labstore::storage {

/// Suspends the calling coroutine.
runtime::awaitable<void> pause(std::chrono::milliseconds duration);

/// Decides, after a batch met a conflict, whether to look again and retry. One per operation. A bucket that is
/// being deleted is waited for: it either goes or comes back within milliseconds. A bucket whose versioning was switched
/// is looked up anew.
class write_retry {
  public:
    write_retry(services& all, bucket_ptr bucket);

    /// ok: read again and try again. no_such_bucket, operation_aborted while a deletion takes too long,
    /// slow_down when others win all the time.
    runtime::awaitable<result<void>> next();

    /// As it is known since the last `next`.
    [[nodiscard]] const bucket_ptr& bucket() const noexcept { return bucket_; }

  private:
    services& all_;
    bucket_ptr bucket_;
    std::uint32_t tries_ = 0;
    std::chrono::steady_clock::time_point give_up_;
};

}  // namespace labstore::storage
