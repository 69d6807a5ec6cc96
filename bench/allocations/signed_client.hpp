#pragma once

#include "labstore/auth.hpp"
#include "support/http/raw_client.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace labstore::allocations {

/// One connection to a server of this process, and requests as SDKs sign them. Blocking.
class signed_client {
  public:
    signed_client(std::uint16_t port, std::string access_key, crypto::secret secret_key);

    /// The text of a request, signed now. It may be sent many times.
    [[nodiscard]] std::string make(
        std::string_view method, const std::string& target, std::string_view body = {}
    );

    /// Sends it, reads the answer and gives its status.
    unsigned send(const std::string& request, bool to_head = false);

  private:
    const std::string host_;
    support::raw_client peer_;
    auth::client_signer signer_;
};

}  // namespace labstore::allocations
