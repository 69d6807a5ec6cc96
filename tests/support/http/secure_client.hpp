#pragma once

#include "support/http/raw_client.hpp"
#include "support/net/tls_client.hpp"

namespace labstore::support {

/// `raw_client` over TLS. The session's tickets and what is trusted are the `tls_client`'s, which outlives this; it serves
/// one connection at a time.
class secure_client final : public raw_client {
  public:
    secure_client(std::uint16_t port, tls_client& tls, bool again = false, int receive_buffer_bytes = 0)
        : raw_client(port, receive_buffer_bytes), tls_(tls) {
        tls_.attach(fd(), again);
        secured_ = tls_.connect() == 1;
    }

    /// The handshake has ended well.
    [[nodiscard]] bool secured() const noexcept { return secured_; }

  protected:
    ssize_t send_bytes(std::string_view text) override {
        std::size_t sent = 0;
        return ::SSL_write_ex(tls_.link(), text.data(), text.size(), &sent) == 1 ? static_cast<ssize_t>(sent)
                                                                                 : -1;
    }

    ssize_t receive_bytes(char* room, std::size_t size) override {
        std::size_t got = 0;
        if (::SSL_read_ex(tls_.link(), room, size, &got) == 1)
            return static_cast<ssize_t>(got);
        return tls_.was_told_of_the_end() ? 0 : -1;
    }

    [[nodiscard]] bool holds_bytes() const override { return ::SSL_has_pending(tls_.link()) == 1; }

  private:
    tls_client& tls_;
    bool secured_ = false;
};

}  // namespace labstore::support
