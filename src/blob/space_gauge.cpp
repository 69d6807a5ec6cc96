#include "blob/space_gauge.hpp"

#include <limits>

namespace labstore::blob {
namespace {

constexpr std::chrono::nanoseconds fresh_for = std::chrono::milliseconds(100);

}  // namespace

space_gauge::space_gauge(std::string path, std::uint64_t reserve_bytes, file_system& files)
    : path_(std::move(path)), reserve_bytes_(reserve_bytes), files_(files) {}

bool space_gauge::has_room(std::uint64_t size_bytes) {
    const auto free = available();
    return free >= reserve_bytes_ && free - reserve_bytes_ >= size_bytes;
}

bool space_gauge::is_short(std::uint64_t reusable_bytes, std::uint64_t wanted_bytes) {
    return available() + reusable_bytes < 2 * reserve_bytes_ + wanted_bytes;
}

std::uint64_t space_gauge::available() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    if (now < fresh_until_.load(std::memory_order_acquire))
        return available_.load(std::memory_order_relaxed);
    // Several threads may ask at once: each stores a true figure.
    const auto asked = files_.free_space(path_);
    const auto free = asked ? asked->available_bytes : std::numeric_limits<std::uint64_t>::max() / 2;
    available_.store(free, std::memory_order_relaxed);
    fresh_until_.store(now + fresh_for.count(), std::memory_order_release);
    return free;
}

}  // namespace labstore::blob
