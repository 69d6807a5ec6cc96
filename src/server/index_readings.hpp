#pragma once

#include "server/snapshot_readings.hpp"

namespace labstore::server::readings {

/// The index: its commits and lookups, and what RocksDB says of itself.
void add_index_readings(readings_of<meta::stats> index);

}  // namespace labstore::server::readings
