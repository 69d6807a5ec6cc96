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

/// Four HMACs, from the secret through date, region and service.
[[nodiscard]] crypto::hmac_sha256_key derive_signing_key(
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

    [[nodiscard]] crypto::hmac_sha256_key get(
        std::string_view access_key, const crypto::secret& secret_key, std::string_view date
    );

    [[nodiscard]] std::size_t size() const;

  private:
    struct entry {
        crypto::secret secret_key;
        crypto::hmac_sha256_key signing_key;
    };

    /// Of a day and an access key; looked up by views of both.
    struct name_view {
        std::string_view date;
        std::string_view access_key;
        bool operator==(const name_view&) const = default;
    };

    struct name {
        std::string date;
        std::string access_key;

        operator name_view() const noexcept {
            return {date, access_key};
        }  // NOLINT(google-explicit-constructor)
    };

    struct name_hash {
        using is_transparent = void;

        std::size_t operator()(const name_view& of) const noexcept {
            const std::hash<std::string_view> hash;
            return hash(of.access_key) * 31 + hash(of.date);
        }
    };

    struct name_equal {
        using is_transparent = void;

        bool operator()(const name_view& left, const name_view& right) const noexcept {
            return left == right;
        }
    };

    struct alignas(64) shard {
        mutable labstore::mutex mutex;
        std::unordered_map<name, entry, name_hash, name_equal> entries;  // under mutex
    };

    static constexpr std::size_t shard_count = 16;

    std::string region_;
    std::string service_;
    std::size_t shard_entries_max_;
    std::array<shard, shard_count> shards_;
};

}  // namespace labstore::auth
