#pragma once

#include "labstore/runtime.hpp"

#include <deque>

namespace labstore::http {

/// Keeps the handshakes of a thread from standing in the way of its requests: between two steps of handshakes, each a
/// signature perhaps, the event loop looks at everything else that is ready. First come, first served. On one thread.
class handshake_turns {
  public:
    /// Waits for a turn. The step follows at once, without another wait, and then `pass`.
    runtime::awaitable<void> take();
    /// Lets the event loop go round once, then gives the turn to the next.
    runtime::awaitable<void> pass();

  private:
    std::deque<runtime::resumer<bool>> waiting_;
    bool taken_ = false;
};

}  // namespace labstore::http
