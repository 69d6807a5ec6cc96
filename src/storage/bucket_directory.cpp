#include "storage/bucket_directory.hpp"

#include <mutex>

namespace labstore::storage {

bucket_ptr bucket_directory::find(std::string_view name) const {
    const std::shared_lock lock(mutex_);
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
}

void bucket_directory::insert(bucket_ptr bucket) {
    const std::lock_guard lock(mutex_);
    auto name = bucket->name;
    by_name_.insert_or_assign(std::move(name), std::move(bucket));
}

void bucket_directory::erase(const bucket_info& bucket) {
    const std::lock_guard lock(mutex_);
    const auto found = by_name_.find(bucket.name);
    if (found != by_name_.end() && found->second->id == bucket.id)
        by_name_.erase(found);
}

std::size_t bucket_directory::size() const {
    const std::shared_lock lock(mutex_);
    return by_name_.size();
}

bucket_page bucket_directory::page(const std::string& prefix, const std::string& after, std::size_t limit)
    const {
    bucket_page out;
    const std::shared_lock lock(mutex_);
    auto at = after < prefix ? by_name_.lower_bound(prefix) : by_name_.upper_bound(after);
    for (; at != by_name_.end() && at->first.starts_with(prefix); ++at) {
        if (out.buckets.size() == limit) {
            out.more = limit > 0;
            break;
        }
        out.buckets.push_back(*at->second);
    }
    return out;
}

}  // namespace labstore::storage
