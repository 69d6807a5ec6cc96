#include "admin/capture_store.hpp"

#include <algorithm>

namespace labstore::admin {

std::size_t size_of(const profiling::profile& one) noexcept {
    std::size_t bytes = sizeof(one) + one.locations.size() * sizeof(profiling::location);
    for (const auto& sample : one.samples)
        bytes += sizeof(sample) + sample.locations.capacity() * sizeof(sample.locations[0]) +
                 sample.values.capacity() * sizeof(sample.values[0]);
    for (const auto& function : one.functions)
        bytes += sizeof(function) + function.name.capacity() + function.system_name.capacity();
    for (const auto& mapping : one.mappings)
        bytes += sizeof(mapping) + mapping.file.capacity();
    return bytes;
}

capture_store::capture capture_store::add(profiling::profile taken) {
    capture made;
    made.size_bytes = size_of(taken);
    made.what = std::make_shared<const profiling::profile>(std::move(taken));
    const std::lock_guard lock(mutex_);
    made.id = ++last_id_;
    captures_.push_back(made);
    bytes_ += made.size_bytes;
    while (captures_.size() > captures_max || bytes_ > bytes_max) {
        bytes_ -= captures_.front().size_bytes;
        captures_.pop_front();
    }
    return made;
}

std::shared_ptr<const profiling::profile> capture_store::find(std::uint64_t id) const {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(captures_, id, &capture::id);
    return found == captures_.end() ? nullptr : found->what;
}

std::vector<capture_store::capture> capture_store::list() const {
    const std::lock_guard lock(mutex_);
    return {captures_.begin(), captures_.end()};
}

}  // namespace labstore::admin
