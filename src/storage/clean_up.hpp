#pragma once

#include "storage/services.hpp"

namespace labstore::storage {

/// One pass over the partitions that have clean-up rows: ends the uploads of removed buckets, gives the blobs of
/// each due intent back, then removes its row. Every step may be repeated after a crash. True when more is due already. Never two at a time.
runtime::awaitable<result<bool>> clean_up_pass(services& all);

}  // namespace labstore::storage
