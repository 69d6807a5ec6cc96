#include "auth/signing_keys.hpp"

#include <algorithm>

namespace labstore::auth {

crypto::hmac_sha256_key derive_signing_key(
    const crypto::secret& secret_key, std::string_view date, std::string_view region, std::string_view service
) {
    const crypto::secret start("AWS4" + secret_key.reveal());
    auto key = crypto::hmac_sha256(as_bytes(start.reveal()), as_bytes(date));
    key = crypto::hmac_sha256(key, as_bytes(region));
    key = crypto::hmac_sha256(key, as_bytes(service));
    key = crypto::hmac_sha256(key, as_bytes("aws4_request"));
    return crypto::hmac_sha256_key(key);
}

signing_keys::signing_keys(std::string region, std::string service, std::size_t entries_max)
    : region_(std::move(region)),
      service_(std::move(service)),
      shard_entries_max_(std::max<std::size_t>(1, entries_max / shard_count)) {}

signing_keys::~signing_keys() = default;

crypto::hmac_sha256_key signing_keys::get(
    std::string_view access_key, const crypto::secret& secret_key, std::string_view date
) {
    const name_view wanted{date, access_key};
    auto& home = shards_[name_hash{}(wanted) / 7 % shard_count];
    {
        const std::scoped_lock lock(home.mutex);
        const auto found = home.entries.find(wanted);
        if (found != home.entries.end() &&
            crypto::equal_constant_time(found->second.secret_key.reveal(), secret_key.reveal()))
            return found->second.signing_key;
    }
    auto signing_key = derive_signing_key(secret_key, date, region_, service_);
    const std::scoped_lock lock(home.mutex);
    // Any victim will do: a key is four HMACs away, and only days that requests may still use come back.
    if (home.entries.size() >= shard_entries_max_ && !home.entries.contains(wanted))
        home.entries.erase(home.entries.begin());
    home.entries.insert_or_assign(
        name{std::string(date), std::string(access_key)}, entry{secret_key, signing_key}
    );
    return signing_key;
}

std::size_t signing_keys::size() const {
    std::size_t total = 0;
    for (const auto& each : shards_) {
        const std::scoped_lock lock(each.mutex);
        total += each.entries.size();
    }
    return total;
}

}  // namespace labstore::auth
