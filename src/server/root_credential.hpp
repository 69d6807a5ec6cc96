#pragma once

#include "labstore/auth.hpp"
#include "server/failure.hpp"
#include "server/storage_folder.hpp"

#include <memory>
#include <string>

namespace labstore::server {

/// The one credential of a server without users: that of its operator. Immutable; thread-safe.
class root_credential final : public auth::credential_source {
  public:
    explicit root_credential(auth::credential root)
        : root_(std::make_shared<const auth::credential>(std::move(root))) {}

    [[nodiscard]] std::shared_ptr<const auth::credential> find(std::string_view access_key) const override;

    [[nodiscard]] const auth::credential& get() const noexcept { return *root_; }

  private:
    const std::shared_ptr<const auth::credential> root_;
};

struct found_credential {
    auth::credential root;
    bool made = false;  // just now: the one time it is shown
};

/// From the settings; else from credentials.json of the storage path, whose mode is set back to 0600; else a
/// random one, durable in that file when this returns.
[[nodiscard]] attempt<found_credential> find_root_credential(
    const config::settings& settings, const storage_folder& folder
);

}  // namespace labstore::server
