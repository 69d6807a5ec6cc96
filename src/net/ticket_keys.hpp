#pragma once

#include "labstore/base.hpp"

#include <array>
#include <chrono>
#include <optional>

struct evp_cipher_ctx_st;
struct evp_mac_ctx_st;
struct ssl_st;

namespace labstore::net {

/// The keys that session tickets are sealed with. One seals for `turn`; for as long again it still opens what it sealed,
/// then it is wiped, so that whoever takes the memory cannot read what was recorded earlier. Thread-safe.
class ticket_keys {
  public:
    using time_point = std::chrono::steady_clock::time_point;

    static constexpr std::chrono::hours turn{2};

    struct key {
        std::array<unsigned char, 16> name{};
        std::array<unsigned char, 32> cipher{};
        std::array<unsigned char, 32> mac{};
    };

    ~ticket_keys();

    /// The key to seal with; nullopt when the system gives no random bytes.
    [[nodiscard]] std::optional<key> sealing(time_point now);

    struct opening_key {
        key found;
        bool renew;  // it does not seal any more
    };

    /// nullopt when no key of that name is left.
    [[nodiscard]] std::optional<opening_key> opening(const unsigned char* name, time_point now);

  private:
    struct held {
        key value;
        time_point made{};
        bool good = false;
    };

    void age(time_point now);

    mutex mutex_;
    held present_;
    held previous_;
};

/// The callback of SSL_CTX_set_tlsext_ticket_key_evp_cb, for contexts whose app data are `ticket_keys`.
int seal_or_open_ticket(
    ssl_st* link,
    unsigned char* name,
    unsigned char* start_vector,
    evp_cipher_ctx_st* cipher,
    evp_mac_ctx_st* mac,
    int sealing
);

}  // namespace labstore::net
