// SigV4 signing keys, derived once per credential and day.
#pragma once

#include "labstore/base.hpp"
#include "labstore/crypto.hpp"

#include <array>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace labstore::auth {

/// 32 raw bytes: four HMACs, from the secret through date, region and service.
[[nodiscard]] crypto::secret derive_signing_key(
    const crypto::secret& secret_key, std::string_view date, std::string_view region, std::string_view service
);

/// A bounded cache of them for one region and service. Thread-safe: shards with a mutex each, held for a
/// look-up in a hash table. A changed secret is noticed and replaces the old key.
class signing_keys {
  public:
    signing_keys(std::string region, std::string service, std::size_t entries_max);
    ~signing_keys();
    signing_keys(const signing_keys&) = delete;
    signing_keys& operator=(const signing_keys&) = delete;

    [[nodiscard]] crypto::secret get(
        std::string_view access_key, const crypto::secret& secret_key, std::string_view date
    );

    [[nodiscard]] std::size_t size() const;

  private:
    struct entry {
        crypto::secret secret_key;
        crypto::secret signing_key;
    };

    struct text_hash {
        using is_transparent = void;

        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };

    struct alignas(64) shard {
        mutable labstore::mutex mutex;
        std::unordered_map<std::string, entry, text_hash, std::equal_to<>> entries;  // under mutex
    };

    static constexpr std::size_t shard_count = 16;

    std::string region_;
    std::string service_;
    std::size_t shard_entries_max_;
    std::array<shard, shard_count> shards_;
};

}  // namespace labstore::auth
