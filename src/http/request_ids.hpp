#pragma once

#include <cstdint>
#include <string>

namespace labstore::http {

/// Makes ids of 16 upper-case hex digits that do not repeat: a counter from a random start, scrambled by a
/// bijection. One per I/O thread.
class request_ids {
  public:
    request_ids();

    /// Overwrites `out`, whose room is used again.
    void next(std::string& out);

  private:
    std::uint64_t counter_;
};

}  // namespace labstore::http
