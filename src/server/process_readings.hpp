#pragma once

#include "labstore/observability/metrics.hpp"

namespace labstore::server {

/// What this process takes of the machine, under the names that Prometheus's client libraries use: CPU time, resident and
/// virtual memory, open files, start time. Read from the kernel when they are asked for; a value that cannot be read is 0.
void add_process_readings(metrics::registry& numbers);

}  // namespace labstore::server
