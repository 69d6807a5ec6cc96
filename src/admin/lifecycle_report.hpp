#pragma once

#include "labstore/storage/lifecycle.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace labstore::admin {

/// bucket=NAME, days=N (what is due within that many days; everything without it), after=TOKEN, limit=1 to 1000. nullopt for
/// anything else, a repetition, or no bucket.
[[nodiscard]] std::optional<storage::lifecycle_forecast_request> parse_forecast_query(
    std::string_view query, wall_time now
);

/// One JSON object a line; one with `next` at the end when there is another page.
[[nodiscard]] std::string forecast_lines(const storage::lifecycle_forecast_page& page);

}  // namespace labstore::admin
