#include "storage/bucket_directory.hpp"

#include <mutex>

namespace labstore::storage {

bucket_ptr bucket_directory::find(std::string_view name) const {
    const std::shared_lock lock(mutex_);
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second.bucket;
}

void bucket_directory::insert(bucket_ptr bucket) {
    const std::lock_guard lock(mutex_);
    auto name = bucket->name;
    by_name_.insert_or_assign(std::move(name), place{std::move(bucket), 0, 0});
}

void bucket_directory::erase(const bucket_info& bucket) {
    const std::lock_guard lock(mutex_);
    const auto found = by_name_.find(bucket.name);
    if (found != by_name_.end() && found->second.bucket->id == bucket.id)
        by_name_.erase(found);
}

bucket_ptr bucket_directory::learn_state(
    const bucket_ptr& bucket, const bucket_state& state, meta::revision rev
) {
    const std::lock_guard lock(mutex_);
    const auto found = by_name_.find(bucket->name);
    const bool listed = found != by_name_.end() && found->second.bucket->id == bucket->id;
    if (listed && found->second.state_rev >= rev)
        return found->second.bucket;
    const auto& from = listed ? found->second.bucket : bucket;
    auto now = from;
    const auto changes = from->versioning != state.versioning || from->object_lock != state.object_lock ||
                         from->timed != state.timed;
    if (changes) {
        auto changed = std::make_shared<bucket_info>(*from);
        changed->versioning = state.versioning;
        changed->object_lock = state.object_lock;
        changed->timed = state.timed;
        now = std::move(changed);
    }
    if (listed) {
        found->second.bucket = now;
        found->second.state_rev = rev;
    }
    return now;
}

void bucket_directory::learn_config(
    const bucket_info& bucket, std::shared_ptr<const bucket_config> config, meta::revision rev
) {
    const std::lock_guard lock(mutex_);
    const auto found = by_name_.find(bucket.name);
    if (found == by_name_.end() || found->second.bucket->id != bucket.id || found->second.config_rev >= rev)
        return;
    auto changed = std::make_shared<bucket_info>(*found->second.bucket);
    changed->config = std::move(config);
    found->second.bucket = std::move(changed);
    found->second.config_rev = rev;
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
        out.buckets.push_back(*at->second.bucket);
    }
    return out;
}

}  // namespace labstore::storage
