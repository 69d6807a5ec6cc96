#include "storage/token_table.hpp"

#include "labstore/base.hpp"

#include <algorithm>

namespace labstore::storage {
namespace {

token_table::token_bytes to_bytes(std::string_view token) {
    token_table::token_bytes out;
    std::copy(token.begin(), token.end(), out.begin());
    return out;
}

}  // namespace

void token_table::hold::release() noexcept {
    if (owner_ != nullptr)
        std::exchange(owner_, nullptr)->release(token_);
}

token_table::hold token_table::take(std::string_view token) {
    LABSTORE_ASSERT(token.size() == row_keys::token_size_bytes);
    const auto name = to_bytes(token);
    auto& mine = shards_[shard_of(name)];
    {
        const std::lock_guard lock(mine.mutex);
        ++mine.holders[name];
    }
    return {*this, name};
}

bool token_table::held(std::string_view token) const {
    if (token.size() != row_keys::token_size_bytes)
        return false;
    const auto name = to_bytes(token);
    const auto& mine = shards_[shard_of(name)];
    const std::lock_guard lock(mine.mutex);
    return mine.holders.contains(name);
}

void token_table::release(const token_bytes& token) noexcept {
    auto& mine = shards_[shard_of(token)];
    const std::lock_guard lock(mine.mutex);
    const auto found = mine.holders.find(token);
    LABSTORE_ASSERT(found != mine.holders.end() && found->second > 0);
    if (--found->second == 0)
        mine.holders.erase(found);
}

std::size_t token_table::shard_of(const token_bytes& token) const noexcept {
    return token_hash{}(token) % shard_count;
}

}  // namespace labstore::storage
