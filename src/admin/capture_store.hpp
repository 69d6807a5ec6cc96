#pragma once

#include "labstore/base.hpp"
#include "labstore/profiling.hpp"

#include <deque>
#include <memory>
#include <vector>

namespace labstore::admin {

/// The last captures, in memory, so that one can be looked at again or compared with. The oldest go first when
/// there are more than `captures_max` or they take more than `bytes_max`. Thread-safe.
class capture_store {
  public:
    static constexpr std::size_t captures_max = 16;
    static constexpr std::size_t bytes_max = 32 * MiB;

    struct capture {
        std::uint64_t id = 0;  // ascending from 1
        std::size_t size_bytes = 0;
        std::shared_ptr<const profiling::profile> what;
    };

    /// Returns it with its id. One that is too large alone is kept by nobody but the caller.
    capture add(profiling::profile taken);

    /// Null when it is not there (any more).
    [[nodiscard]] std::shared_ptr<const profiling::profile> find(std::uint64_t id) const;

    /// Oldest first.
    [[nodiscard]] std::vector<capture> list() const;

  private:
    mutable mutex mutex_;
    std::deque<capture> captures_;  // under mutex_, as what follows
    std::size_t bytes_ = 0;
    std::uint64_t last_id_ = 0;
};

/// Roughly what a profile takes in memory.
[[nodiscard]] std::size_t size_of(const profiling::profile& one) noexcept;

}  // namespace labstore::admin
