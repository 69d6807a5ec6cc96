#pragma once

#include "blob/types.hpp"

#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace labstore::blob {

struct blob_id_hash {
    /// Ids are random already.
    std::size_t operator()(const blob_id& id) const noexcept {
        return load_little_endian<std::size_t>(id.data());
    }
};

/// Keeps the most recently used values alive, up to a number: open files and what was read of them.
/// Thread-safe.
template <typename Key, typename Value, typename Hash = std::hash<Key>>
class lru_cache {
  public:
    explicit lru_cache(std::size_t count_max) : count_max_(count_max) {}

    [[nodiscard]] std::shared_ptr<Value> find(const Key& key) {
        const std::lock_guard lock(mutex_);
        const auto found = places_.find(key);
        if (found == places_.end())
            return nullptr;
        entries_.splice(entries_.begin(), entries_, found->second);
        return found->second->second;
    }

    void put(const Key& key, std::shared_ptr<Value> value) {
        std::shared_ptr<Value> dropped;  // closed outside the lock
        const std::lock_guard lock(mutex_);
        if (const auto found = places_.find(key); found != places_.end()) {
            dropped = std::exchange(found->second->second, std::move(value));
            return;
        }
        entries_.emplace_front(key, std::move(value));
        places_[key] = entries_.begin();
        if (entries_.size() > count_max_) {
            dropped = std::move(entries_.back().second);
            places_.erase(entries_.back().first);
            entries_.pop_back();
        }
    }

    void erase(const Key& key) {
        std::shared_ptr<Value> dropped;
        const std::lock_guard lock(mutex_);
        const auto found = places_.find(key);
        if (found == places_.end())
            return;
        dropped = std::move(found->second->second);
        entries_.erase(found->second);
        places_.erase(found);
    }

  private:
    using entry = std::pair<Key, std::shared_ptr<Value>>;

    const std::size_t count_max_;
    labstore::mutex mutex_;
    std::list<entry> entries_;
    std::unordered_map<Key, typename std::list<entry>::iterator, Hash> places_;
};

}  // namespace labstore::blob
