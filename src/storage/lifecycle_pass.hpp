#pragma once

#include "storage/lifecycle_judge.hpp"
#include "storage/services.hpp"

#include <functional>

namespace labstore::storage {

/// Follows the rules of every bucket until nothing is due any more, `stop` says so, or something fails. Rests as long as it
/// works, so that requests get at least half of what it could take.
runtime::awaitable<result<void>> lifecycle_pass(services& all, std::function<bool()> stop);

}  // namespace labstore::storage
