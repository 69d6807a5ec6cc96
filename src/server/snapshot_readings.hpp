// What the readings of the metrics page have in common.
#pragma once

#include "labstore/blob.hpp"
#include "labstore/meta.hpp"
#include "labstore/net.hpp"
#include "labstore/net/tls.hpp"
#include "labstore/observability/metrics.hpp"
#include "labstore/runtime.hpp"
#include "labstore/storage/types.hpp"

#include <functional>
#include <memory>
#include <utility>

namespace labstore::server::readings {

using metrics::labels;
using metrics::registry;

inline constexpr auto counter = registry::kind::counter;
inline constexpr auto gauge = registry::kind::gauge;

/// One look at every source of a page, so that its figures belong together and no source is asked twice.
struct snapshot {
    blob::stats blobs;
    meta::stats index;
    runtime::blocking_pool::stats pool;
    net::stats accepting;
    net::tls_stats tls;
    storage::statistics objects;
};

/// Registers readings of one snapshot. `field` of each is a pointer to a member, or takes the part it reads.
template <typename Part>
class readings_of {
  public:
    readings_of(registry& numbers, std::shared_ptr<const snapshot> seen, Part snapshot::*part)
        : numbers_(numbers), seen_(std::move(seen)), part_(part) {}

    template <typename Field>
    void add(registry::kind what, const char* name, const char* help, Field field, labels series = {}) {
        auto read = [seen = seen_, part = part_, field] {
            return static_cast<double>(std::invoke(field, (*seen).*part));
        };
        numbers_.add_reading(what, name, help, std::move(read), std::move(series));
    }

    template <typename Field>
    void add_distribution(const char* name, const char* help, Field field, labels series) {
        auto read = [seen = seen_, part = part_, field] {
            return metrics::distribution(std::invoke(field, (*seen).*part));
        };
        numbers_.add_distribution(name, help, std::move(read), std::move(series));
    }

  private:
    registry& numbers_;
    const std::shared_ptr<const snapshot> seen_;
    Part snapshot::*const part_;
};

// Families that both stores have series of.
inline constexpr auto group_size_name = "labstore_commit_group_size";
inline constexpr auto group_size_help = "Records or batches made durable by one group commit.";
inline constexpr auto commit_name = "labstore_commit_duration_seconds";
inline constexpr auto commit_help = "From the queue of a group commit to the outcome.";
inline constexpr auto sync_name = "labstore_sync_duration_seconds";
inline constexpr auto sync_help = "Time of single syncs, failed ones too.";

}  // namespace labstore::server::readings
