#pragma once

struct bio_st;

namespace labstore::net {

/// OpenSSL's own socket BIO but for sending: no SIGPIPE, and a record that others follow need not leave by itself
/// (MSG_MORE). What the kernel encrypts is left to OpenSSL. nullptr when there is no memory. The descriptor stays the
/// caller's.
[[nodiscard]] bio_st* make_tls_socket(int descriptor);

/// Whether what is sent from now on will be followed at once.
void set_more_follows(bio_st* of, bool follows) noexcept;

}  // namespace labstore::net
