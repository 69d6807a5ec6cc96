#pragma once

#include "labstore/storage/bucket_config.hpp"
#include "storage/records/records.pb.h"

#include <memory>

namespace labstore::storage {

/// null when the record holds none.
[[nodiscard]] std::shared_ptr<const bucket_config> to_config(const records::bucket& from);
/// Replaces what the record held.
void set_config(records::bucket& to, const bucket_config& from);

}  // namespace labstore::storage
