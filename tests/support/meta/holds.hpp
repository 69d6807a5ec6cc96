#pragma once

#include "labstore/meta.hpp"

namespace labstore::meta {

/// Judges a precondition against its row; null: there is none.
[[nodiscard]] inline bool holds(const precondition& condition, const entry* found) {
    LABSTORE_ASSERT(!condition.key.empty());
    switch (condition.what) {
        case precondition::kind::absent:
            return found == nullptr;
        case precondition::kind::present:
            return found != nullptr;
        case precondition::kind::equals_revision:
            return found != nullptr && found->rev == condition.rev;
        case precondition::kind::equals_value:
            return found != nullptr && found->value == condition.value;
    }
    return false;
}

}  // namespace labstore::meta
