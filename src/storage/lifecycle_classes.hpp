// Rules sorted by the age that rows 't' have when they become due: all rules of so many days share one cursor.
#pragma once

#include "labstore/storage/lifecycle.hpp"
#include "storage/records/records.pb.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::storage {

struct age_class {
    std::uint32_t days = 0;
    std::optional<wall_time> date;  // of rules that name one and whose date has come
    wall_time horizon;              // rows of earlier times are due
    bool versions = false;          // what rows it looks at
    bool uploads = false;
    std::vector<std::string> prefixes;  // of its rules; an empty one fits all
};

/// Those that may have something due at `now`.
[[nodiscard]] std::vector<age_class> classes_of(
    const lifecycle_configuration& config, wall_time now, std::chrono::seconds day
);

/// May one of its rules speak of this key?
[[nodiscard]] bool concerns(const age_class& one, std::string_view key, bool is_upload) noexcept;

/// Rows earlier than this come no more: a batch says the time of its last attempt, and attempts end.
[[nodiscard]] std::string settled_bound(wall_time now);

/// Begins anew where the rules are others than those the cursors belong to.
void follow_configuration(records::lifecycle_progress& progress, const lifecycle_configuration& config);

/// Of this class; made when there is none.
[[nodiscard]] records::lifecycle_cursor& cursor_of(
    records::lifecycle_progress& progress, const age_class& one
);

}  // namespace labstore::storage
