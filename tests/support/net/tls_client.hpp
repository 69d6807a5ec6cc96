#pragma once

#include "labstore/base.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace labstore::support {

/// The client's side of TLS over any descriptor, by OpenSSL. With a blocking descriptor each call is complete.
class tls_client {
  public:
    struct options {
        int version_min = TLS1_2_VERSION;
        int version_max = TLS1_3_VERSION;
        std::string alpn = {};  // in wire form
    };

    explicit tls_client(const options& wanted)
        : context_(::SSL_CTX_new(::TLS_client_method()), &::SSL_CTX_free) {
        // As low as OpenSSL can go at all: what is refused is refused by the server.
        ::SSL_CTX_set_security_level(context_.get(), 0);
        SSL_CTX_set_min_proto_version(context_.get(), wanted.version_min);
        SSL_CTX_set_max_proto_version(context_.get(), wanted.version_max);
        ::SSL_CTX_set_alpn_protos(
            context_.get(),
            reinterpret_cast<const unsigned char*>(wanted.alpn.data()),
            static_cast<unsigned>(wanted.alpn.size())
        );
    }

    /// A new connection; `again` resumes the session of the last one that `keep_session` saw.
    void attach(int descriptor, bool again = false) {
        link_.reset(::SSL_new(context_.get()));
        ::SSL_set_fd(link_.get(), descriptor);
        if (again && session_)
            ::SSL_set_session(link_.get(), session_.get());
    }

    int connect() {
        ::ERR_clear_error();
        return ::SSL_connect(link_.get());
    }

    /// A copy: the connection's own is spoilt when the connection ends without a goodbye.
    void keep_session() { session_.reset(::SSL_SESSION_dup(::SSL_get0_session(link_.get()))); }

    [[nodiscard]] bool resumed() const { return ::SSL_session_reused(link_.get()) == 1; }

    [[nodiscard]] SSL* link() const noexcept { return link_.get(); }

    [[nodiscard]] std::string version() const { return ::SSL_get_version(link_.get()); }

    [[nodiscard]] std::string protocol() const {
        const unsigned char* chosen = nullptr;
        unsigned size = 0;
        ::SSL_get0_alpn_selected(link_.get(), &chosen, &size);
        return {reinterpret_cast<const char*>(chosen), size};
    }

    /// Of the server's certificate.
    [[nodiscard]] long serial() const {
        const std::unique_ptr<X509, decltype(&::X509_free)> shown(
            ::SSL_get1_peer_certificate(link_.get()), &::X509_free
        );
        return shown ? ::ASN1_INTEGER_get(::X509_get0_serialNumber(shown.get())) : -1;
    }

    [[nodiscard]] bool write(std::string_view text) {
        std::size_t written = 0;
        return ::SSL_write_ex(link_.get(), text.data(), text.size(), &written) == 1 && written == text.size();
    }

    /// What comes next, at most `size`; empty at the end.
    [[nodiscard]] std::string read(std::size_t size) {
        std::string room(size, ' ');
        std::size_t got = 0;
        if (::SSL_read_ex(link_.get(), room.data(), room.size(), &got) != 1)
            return {};
        room.resize(got);
        return room;
    }

    /// The server said goodbye, not just closed.
    [[nodiscard]] bool was_told_of_the_end() const {
        return (::SSL_get_shutdown(link_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
    }

  private:
    std::unique_ptr<SSL_CTX, decltype(&::SSL_CTX_free)> context_{nullptr, &::SSL_CTX_free};
    std::unique_ptr<SSL_SESSION, decltype(&::SSL_SESSION_free)> session_{nullptr, &::SSL_SESSION_free};
    std::unique_ptr<SSL, decltype(&::SSL_free)> link_{nullptr, &::SSL_free};
};

}  // namespace labstore::support
