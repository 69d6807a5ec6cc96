#pragma once

#include "labstore/base/mutex.hpp"
#include "storage/row_keys.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace labstore::storage {

/// Which version tokens and upload ids somebody in this process is working with: a reader that still wants
/// the bytes, or a writer whose finished blob the index does not name yet. Clean-up and compaction leave their
/// blobs alone. Thread-safe, sharded; a hold costs one short lock to take and one to give back.
class token_table {
  public:
    using token_bytes = std::array<char, row_keys::token_size_bytes>;

    /// Gives the token back when it goes. Must not outlive the table.
    class hold {
      public:
        hold() = default;

        hold(token_table& owner, const token_bytes& token) : owner_(&owner), token_(token) {}

        hold(hold&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)), token_(other.token_) {}

        hold& operator=(hold&& other) noexcept {
            if (this != &other) {
                release();
                owner_ = std::exchange(other.owner_, nullptr);
                token_ = other.token_;
            }
            return *this;
        }

        ~hold() { release(); }

        void release() noexcept;

      private:
        token_table* owner_ = nullptr;
        token_bytes token_{};
    };

    /// Of `row_keys::token_size_bytes`; anything else is asserted against.
    [[nodiscard]] hold take(std::string_view token);
    /// False for what cannot be a token.
    [[nodiscard]] bool held(std::string_view token) const;

  private:
    struct token_hash {
        std::size_t operator()(const token_bytes& token) const noexcept {
            return std::hash<std::string_view>{}(std::string_view(token.data(), token.size()));
        }
    };

    struct alignas(64) shard {
        mutable labstore::mutex mutex;
        std::unordered_map<token_bytes, std::uint32_t, token_hash> holders;
    };

    void release(const token_bytes& token) noexcept;
    [[nodiscard]] std::size_t shard_of(const token_bytes& token) const noexcept;

    static constexpr std::size_t shard_count = 16;
    std::array<shard, shard_count> shards_;
};

}  // namespace labstore::storage
