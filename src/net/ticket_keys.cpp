#include "net/ticket_keys.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <mutex>

namespace labstore::net {
namespace {

void wipe(ticket_keys::key& one) noexcept {
    ::OPENSSL_cleanse(&one, sizeof(one));
}

bool set_up(
    ticket_keys::key& with,
    const unsigned char* start_vector,
    EVP_CIPHER_CTX* cipher,
    EVP_MAC_CTX* mac,
    int sealing
) {
    std::array digest{'S', 'H', 'A', '2', '5', '6', '\0'};
    const std::array parameters{
        ::OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, with.mac.data(), with.mac.size()),
        ::OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
        ::OSSL_PARAM_construct_end()};
    return ::EVP_MAC_CTX_set_params(mac, parameters.data()) == 1 &&
           ::EVP_CipherInit_ex(
               cipher, ::EVP_aes_256_cbc(), nullptr, with.cipher.data(), start_vector, sealing
           ) == 1;
}

}  // namespace

ticket_keys::~ticket_keys() {
    wipe(present_.value);
    wipe(previous_.value);
}

void ticket_keys::age(time_point now) {
    if (present_.good && now - present_.made >= turn) {
        wipe(previous_.value);
        previous_ = present_;
        wipe(present_.value);
        present_.good = false;
    }
    if (previous_.good && now - previous_.made >= 2 * turn) {
        wipe(previous_.value);
        previous_.good = false;
    }
}

std::optional<ticket_keys::key> ticket_keys::sealing(time_point now) {
    const std::lock_guard lock(mutex_);
    age(now);
    if (!present_.good) {
        auto& made = present_.value;
        const bool filled =
            ::RAND_bytes(made.name.data(), static_cast<int>(made.name.size())) == 1 &&
            ::RAND_priv_bytes(made.cipher.data(), static_cast<int>(made.cipher.size())) == 1 &&
            ::RAND_priv_bytes(made.mac.data(), static_cast<int>(made.mac.size())) == 1;
        if (!filled)
            return std::nullopt;
        present_.made = now;
        present_.good = true;
    }
    return present_.value;
}

std::optional<ticket_keys::opening_key> ticket_keys::opening(const unsigned char* name, time_point now) {
    const std::lock_guard lock(mutex_);
    age(now);
    for (const held* one : {&present_, &previous_})
        if (one->good && std::equal(one->value.name.begin(), one->value.name.end(), name))
            return opening_key{one->value, one == &previous_};
    return std::nullopt;
}

/// Answers 1 when the ticket can be used, 2 when the client should get another besides, 0 when it cannot be read, -1 on
/// errors. Tickets of TLS 1.3 are for one use each (RFC 8446 C.4).
int seal_or_open_ticket(
    SSL* link,
    unsigned char* name,
    unsigned char* start_vector,
    EVP_CIPHER_CTX* cipher,
    EVP_MAC_CTX* mac,
    int sealing
) {
    auto& keys = *static_cast<ticket_keys*>(SSL_CTX_get_app_data(::SSL_get_SSL_CTX(link)));
    const auto now = std::chrono::steady_clock::now();
    if (sealing == 1) {
        auto key = keys.sealing(now);
        if (!key || ::RAND_bytes(start_vector, ::EVP_CIPHER_get_iv_length(::EVP_aes_256_cbc())) != 1)
            return -1;
        std::copy(key->name.begin(), key->name.end(), name);
        const bool ready = set_up(*key, start_vector, cipher, mac, 1);
        wipe(*key);
        return ready ? 1 : -1;
    }
    auto key = keys.opening(name, now);
    if (!key)
        return 0;
    const bool ready = set_up(key->found, start_vector, cipher, mac, 0);
    wipe(key->found);
    if (!ready)
        return -1;
    return key->renew || ::SSL_version(link) >= TLS1_3_VERSION ? 2 : 1;
}

}  // namespace labstore::net
