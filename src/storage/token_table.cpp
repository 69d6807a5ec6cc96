#include "storage/token_table.hpp"

#include "labstore/base.hpp"

#include <functional>

namespace labstore::storage {

void token_table::hold::release() noexcept {
    if (owner_ != nullptr)
        std::exchange(owner_, nullptr)->release(token_);
}

token_table::hold token_table::take(std::string_view token) {
    auto& mine = shards_[shard_of(token)];
    std::string name(token);
    {
        const std::lock_guard lock(mine.mutex);
        ++mine.holders[name];
    }
    return {*this, std::move(name)};
}

bool token_table::held(std::string_view token) const {
    const auto& mine = shards_[shard_of(token)];
    const std::string name(token);
    const std::lock_guard lock(mine.mutex);
    return mine.holders.contains(name);
}

void token_table::release(const std::string& token) noexcept {
    auto& mine = shards_[shard_of(token)];
    const std::lock_guard lock(mine.mutex);
    const auto found = mine.holders.find(token);
    LABSTORE_ASSERT(found != mine.holders.end() && found->second > 0);
    if (--found->second == 0)
        mine.holders.erase(found);
}

std::size_t token_table::shard_of(std::string_view token) const noexcept {
    return std::hash<std::string_view>{}(token) % shard_count;
}

}  // namespace labstore::storage
