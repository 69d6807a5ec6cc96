#include "labstore/net/tls.hpp"
#include "net/ticket_keys.hpp"
#include "net/tls_certificate.hpp"

#include <openssl/ssl.h>

#include <array>
#include <filesystem>
#include <mutex>

namespace labstore::net {
namespace {

/// AES of 128 bits first: no attack is known that 256 would stop, and it is a quarter cheaper. Clients without AES
/// instructions ask for ChaCha20 first and get it.
constexpr auto suites_1_3 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
/// Forward secrecy and authenticated encryption only.
constexpr auto suites_1_2 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr std::array<unsigned char, 8> session_id_context{'l', 'a', 'b', 's', 't', 'o', 'r', 'e'};
/// A length, then the name; the server's only protocol.
constexpr std::array<unsigned char, 9> alpn{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

/// Clients that ask only for what we do not speak go on without the extension, as those that do not know it.
int choose_protocol(
    SSL* /*link*/,
    const unsigned char** chosen,
    unsigned char* chosen_size,
    const unsigned char* offered,
    unsigned int offered_size,
    void* /*unused*/
) {
    unsigned char* found = nullptr;
    const int said = ::SSL_select_next_proto(
        &found, chosen_size, alpn.data(), static_cast<unsigned>(alpn.size()), offered, offered_size
    );
    if (said != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

/// What tells a file that was replaced from the one before.
struct file_stamp {
    std::filesystem::file_time_type changed{};
    std::uintmax_t size_bytes = 0;

    bool operator==(const file_stamp&) const = default;
};

file_stamp stamp_of(const std::string& path) {
    std::error_code ignored;
    file_stamp stamp;
    stamp.changed = std::filesystem::last_write_time(path, ignored);
    stamp.size_bytes = std::filesystem::file_size(path, ignored);
    return stamp;
}

class tls_server_impl final : public tls_server {
  public:
    explicit tls_server_impl(tls_options settings) : settings_(std::move(settings)) {}

    std::unique_ptr<tls_link> link(int descriptor) override;
    tls_attempt<void> reload() override;
    [[nodiscard]] bool files_changed() const override;
    [[nodiscard]] tls_stats statistics() const override;

    [[nodiscard]] std::chrono::milliseconds handshake_time_max() const noexcept override {
        return settings_.handshake_time_max;
    }

    /// `reload`, but for the counting.
    tls_attempt<void> load();

  private:
    using stamps = std::array<file_stamp, 2>;

    [[nodiscard]] stamps look() const {
        return {stamp_of(settings_.certificate_file), stamp_of(settings_.key_file)};
    }

    [[nodiscard]] tls_context make_context();

    const tls_options settings_;
    ticket_keys tickets_;
    tls_counters counters_;
    metrics::counter reloads_;
    metrics::counter reloads_failed_;
    mutable mutex mutex_;
    tls_context present_;
    std::uint64_t expires_ = 0;
    stamps seen_{};
};

tls_context tls_server_impl::make_context() {
    tls_context made(::SSL_CTX_new(::TLS_server_method()));
    LABSTORE_ASSERT(made != nullptr);
    auto* const context = made.get();
    const int version_min = settings_.version_min == tls_version::v1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
    const bool fine = SSL_CTX_set_min_proto_version(context, version_min) == 1 &&
                      ::SSL_CTX_set_ciphersuites(context, suites_1_3) == 1 &&
                      ::SSL_CTX_set_cipher_list(context, suites_1_2) == 1 &&
                      ::SSL_CTX_set_session_id_context(
                          context, session_id_context.data(), static_cast<unsigned>(session_id_context.size())
                      ) == 1 &&
                      ::SSL_CTX_set_num_tickets(context, 1) == 1 &&
                      ::SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &seal_or_open_ticket) == 1;
    LABSTORE_ASSERT(fine);
    // A client that ends the stream without TLS's goodbye is judged by HTTP, which knows how much was announced.
    ::SSL_CTX_set_options(
        context,
        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
            SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_ENABLE_KTLS
    );
    SSL_CTX_set_mode(
        context,
        SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
    );
    SSL_CTX_set_read_ahead(context, 1);
    // Tickets hold the session; the server remembers nothing.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    ::SSL_CTX_set_timeout(context, std::chrono::seconds(ticket_keys::turn).count());
    SSL_CTX_set_app_data(context, &tickets_);
    ::SSL_CTX_set_alpn_select_cb(context, &choose_protocol, nullptr);
    return made;
}

tls_attempt<void> tls_server_impl::load() {
    auto made = make_context();
    const auto seen = look();
    const auto expires = load_certificate(settings_, made.get());
    const std::lock_guard lock(mutex_);
    seen_ = seen;
    if (!expires)
        return expires.error();
    expires_ = *expires;
    // Connections of the old one hold it as long as they need it.
    present_ = std::move(made);
    return {};
}

tls_attempt<void> tls_server_impl::reload() {
    auto loaded = load();
    (loaded ? reloads_ : reloads_failed_).add();
    return loaded;
}

bool tls_server_impl::files_changed() const {
    const auto now = look();
    const std::lock_guard lock(mutex_);
    return now != seen_;
}

std::unique_ptr<tls_link> tls_server_impl::link(int descriptor) {
    SSL* made = nullptr;
    {
        const std::lock_guard lock(mutex_);
        made = ::SSL_new(present_.get());
    }
    return std::make_unique<tls_link>(made, descriptor, counters_);
}

tls_stats tls_server_impl::statistics() const {
    tls_stats told;
    told.handshakes = counters_.handshakes.value();
    told.handshakes_failed = counters_.handshakes_failed.value();
    told.resumed = counters_.resumed.value();
    told.kernel_connections = counters_.kernel_connections.value();
    told.reloads = reloads_.value();
    told.reloads_failed = reloads_failed_.value();
    const std::lock_guard lock(mutex_);
    told.certificate_expires = expires_;
    return told;
}

}  // namespace

tls_attempt<std::unique_ptr<tls_server>> make_tls_server(tls_options settings) {
    auto made = std::make_unique<tls_server_impl>(std::move(settings));
    const auto loaded = made->load();
    if (!loaded)
        return loaded.error();
    return std::unique_ptr<tls_server>(std::move(made));
}

}  // namespace labstore::net
