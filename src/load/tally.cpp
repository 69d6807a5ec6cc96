#include "load/tally.hpp"

#include <utility>

namespace labstore::load {

void operation_tally::add(const operation_tally& other) noexcept {
    latencies.add(other.latencies);
    errors += other.errors;
    bytes += other.bytes;
}

void tally::add(const tally& other) {
    for (std::size_t i = 0; i < kinds.size(); ++i)
        kinds[i].add(other.kinds[i]);
    for (const auto& [name, count] : other.errors)
        errors[name] += count;
    unserved += other.unserved;
}

void live_board::put(const figures& part) {
    const std::scoped_lock lock(mutex_);
    sum_.latencies.add(part.latencies);
    sum_.errors += part.errors;
    sum_.bytes += part.bytes;
}

live_board::figures live_board::take() {
    figures fresh;
    const std::scoped_lock lock(mutex_);
    return std::exchange(sum_, std::move(fresh));
}

}  // namespace labstore::load
