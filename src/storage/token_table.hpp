#pragma once

#include "labstore/base/mutex.hpp"

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace labstore::storage {

/// Which version tokens and upload ids somebody in this process is working with: a reader that still wants
/// the bytes, or a writer whose finished blob the index does not name yet. Clean-up and compaction leave their
/// blobs alone. Thread-safe, sharded; a hold costs one short lock to take and one to give back.
class token_table {
  public:
    /// Gives the token back when it goes. Must not outlive the table.
    class hold {
      public:
        hold() = default;

        hold(token_table& owner, std::string token) : owner_(&owner), token_(std::move(token)) {}

        hold(hold&& other) noexcept
            : owner_(std::exchange(other.owner_, nullptr)), token_(std::move(other.token_)) {}

        hold& operator=(hold&& other) noexcept {
            if (this != &other) {
                release();
                owner_ = std::exchange(other.owner_, nullptr);
                token_ = std::move(other.token_);
            }
            return *this;
        }

        ~hold() { release(); }

        void release() noexcept;

      private:
        token_table* owner_ = nullptr;
        std::string token_;
    };

    [[nodiscard]] hold take(std::string_view token);
    [[nodiscard]] bool held(std::string_view token) const;

  private:
    struct shard {
        mutable labstore::mutex mutex;
        std::unordered_map<std::string, std::uint32_t> holders;
    };

    void release(const std::string& token) noexcept;
    [[nodiscard]] std::size_t shard_of(std::string_view token) const noexcept;

    static constexpr std::size_t shard_count = 16;
    std::array<shard, shard_count> shards_;
};

}  // namespace labstore::storage
