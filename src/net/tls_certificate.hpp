#pragma once

#include "labstore/net/tls.hpp"

#include <cstdint>
#include <memory>

struct ssl_ctx_st;

namespace labstore::net {

struct free_tls_context {
    void operator()(ssl_ctx_st* one) const noexcept;
};

using tls_context = std::unique_ptr<ssl_ctx_st, free_tls_context>;

/// Puts certificate, chain and key of the files into a context. Answers when the certificate expires, in seconds since
/// 1970. Faults as `make_tls_server` says.
[[nodiscard]] tls_attempt<std::uint64_t> load_certificate(const tls_options& from, ssl_ctx_st* into);

}  // namespace labstore::net
