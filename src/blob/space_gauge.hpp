#pragma once

#include "blob/types.hpp"

#include <atomic>

namespace labstore::blob {

/// How much room the device has left, asked at most every 100 ms. Thread-safe; a call that finds the figure
/// fresh costs a load.
class space_gauge {
  public:
    space_gauge(std::string path, std::uint64_t reserve_bytes, file_system& files);

    /// Would the reserve still be free after `size_bytes` more? Yes when the device cannot say.
    [[nodiscard]] bool has_room(std::uint64_t size_bytes);

    /// Less than twice the reserve would be free after `wanted_bytes` more, counting `reusable_bytes` as free.
    [[nodiscard]] bool is_short(std::uint64_t reusable_bytes, std::uint64_t wanted_bytes);

    /// Looks at the device at the next question, whatever the age of the figure.
    void forget() noexcept { fresh_until_.store(0, std::memory_order_relaxed); }

  private:
    std::uint64_t available();

    const std::string path_;
    const std::uint64_t reserve_bytes_;
    file_system& files_;
    std::atomic<std::int64_t> fresh_until_{0};
    std::atomic<std::uint64_t> available_{0};
};

}  // namespace labstore::blob
