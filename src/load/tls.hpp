// TLS of the client side, over sockets that somebody else waits for.
#pragma once

#include "labstore/load.hpp"

#include <memory>
#include <string>

struct ssl_ctx_st;
struct ssl_st;

namespace labstore::load {

/// What all connections to an https target share: whom to trust, and for which name. Thread-safe.
class tls_client {
  public:
    /// A fault when the file of certificates cannot be read.
    [[nodiscard]] static outcome<std::unique_ptr<tls_client>> make(const target& at);

    tls_client(const tls_client&) = delete;
    tls_client& operator=(const tls_client&) = delete;
    ~tls_client();

  private:
    friend class tls_link;

    tls_client(ssl_ctx_st* context, const target& at);

    ssl_ctx_st* const context_;
    const std::string host_;
    const bool verify_;
};

/// One connection's TLS. Each call does what the socket allows at once and says what to wait for before it is called
/// again with the same arguments. The socket does not block and outlives this.
class tls_link {
  public:
    tls_link(const tls_client& client, int descriptor);
    tls_link(const tls_link&) = delete;
    tls_link& operator=(const tls_link&) = delete;
    ~tls_link();

    enum class need { nothing, readable, writable, ended, failed };

    struct step {
        need what = need::nothing;
        std::size_t bytes = 0;
    };

    [[nodiscard]] step handshake();
    [[nodiscard]] step read(mutable_byte_span room);
    [[nodiscard]] step write(byte_span bytes);

    /// Why the last step failed: "certificate verify failed", or what the system said.
    [[nodiscard]] const error_code& failure() const noexcept { return failure_; }

  private:
    step judge(int returned, std::size_t bytes);

    ssl_st* const link_;
    error_code failure_;
};

}  // namespace labstore::load
