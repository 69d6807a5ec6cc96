#pragma once

#include "admin/capture_store.hpp"
#include "admin/pprof_query.hpp"
#include "labstore/http.hpp"

namespace labstore::admin {

/// Takes the captures that requests ask for and keeps them in a store. Shared by all I/O threads.
class profile_taker {
  public:
    profile_taker(runtime::blocking_pool& pool, const runtime::task_group& running)
        : pool_(pool), running_(running) {}

    /// `kind` is "cpu" or a counter's name. A CPU capture lasts `asked.seconds` (30), one of allocations too
    /// (10); another counter is what was counted so far, or within `asked.seconds`. Ends early with what it has when the server stops.
    /// busy while another CPU capture runs; cancelled when the client has gone: the capture is dropped then.
    runtime::awaitable<result<capture_store::capture>> take(
        http::exchange& request, std::string kind, capture_query asked
    );

    [[nodiscard]] const capture_store& store() const noexcept { return store_; }

  private:
    runtime::awaitable<result<profiling::raw_profile>> sample_cpu(
        http::exchange& request, std::chrono::seconds duration
    );
    runtime::awaitable<result<profiling::raw_profile>> read_counter(
        http::exchange& request, profiling::counter which, std::optional<std::chrono::seconds> duration
    );
    runtime::awaitable<result<void>> wait(http::exchange& request, std::chrono::seconds duration);

    runtime::blocking_pool& pool_;
    const runtime::task_group& running_;
    capture_store store_;
};

}  // namespace labstore::admin
