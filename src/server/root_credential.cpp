#include "server/root_credential.hpp"

#include "labstore/config/stored.hpp"
#include "server/durable_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>

namespace labstore::server {
namespace {

const std::string file_name = "credentials.json";
constexpr std::size_t file_bytes_max = 64 * 1024;
constexpr std::size_t access_key_length = 20;
constexpr std::size_t secret_key_length = 40;

/// Each character drawn with equal chance: bytes past the last whole multiple of the alphabet are left out.
std::string random_text(std::size_t length, std::string_view alphabet) {
    std::string text;
    const std::size_t fair = 256 - 256 % alphabet.size();
    while (text.size() < length) {
        std::array<std::byte, 64> random;
        fill_random(random);
        for (const std::byte one : random) {
            const auto number = std::to_integer<std::size_t>(one);
            if (number < fair && text.size() < length)
                text.push_back(alphabet[number % alphabet.size()]);
        }
    }
    return text;
}

config::stored_credential random_credential() {
    return {
        random_text(access_key_length, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
        crypto::secret(
            random_text(secret_key_length, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        )};
}

/// The canonical id belongs to the deployment, not to the key: changing the key keeps the owner of every bucket.
auth::credential root_of(const storage_folder& folder, std::string access_key, crypto::secret secret_key) {
    const auto id = crypto::sha256(as_bytes("labstore root account of " + folder.deployment_id()));
    return {{std::move(access_key), to_hex(id), "root"}, std::move(secret_key)};
}

attempt<void> keep_private(const storage_folder& folder, const std::string& shown) {
    struct stat now {};

    if (::fstatat(folder.descriptor(), file_name.c_str(), &now, AT_SYMLINK_NOFOLLOW) != 0)
        return failed_to("look at " + shown, from_errno(errno));
    if ((now.st_mode & 0777) == 0600)
        return {};
    log::write(log::level::warn, "credentials.json was open to others; mode set back to 0600");
    if (::fchmodat(folder.descriptor(), file_name.c_str(), 0600, 0) != 0)
        return failed_to("set the mode of " + shown, from_errno(errno));
    return {};
}

}  // namespace

std::shared_ptr<const auth::credential> root_credential::find(std::string_view access_key) const {
    return access_key == root_->who.access_key ? root_ : nullptr;
}

attempt<found_credential> find_root_credential(
    const config::settings& settings, const storage_folder& folder
) {
    if (!settings.admin_access_key.empty())
        return found_credential{root_of(folder, settings.admin_access_key, settings.admin_secret_key)};
    const std::string shown = folder.path() + "/" + file_name;
    const auto text = read_small(folder.descriptor(), file_name, file_bytes_max);
    if (text) {
        auto stored = config::parse_stored_credential(*text);
        if (!stored)
            return failure{shown + " is damaged: restore it, or set the admin keys in the settings"};
        if (auto closed = keep_private(folder, shown); !closed)
            return closed.error();
        return found_credential{
            root_of(folder, std::move(stored->access_key), std::move(stored->secret_key))};
    }
    if (!is_missing(text.error()))
        return failed_to("read " + shown, text.error());
    config::stored_credential fresh = random_credential();
    if (auto written = write_durably(folder.descriptor(), file_name, to_text(fresh)); !written)
        return failed_to("write " + shown, written.error());
    return found_credential{root_of(folder, std::move(fresh.access_key), std::move(fresh.secret_key)), true};
}

}  // namespace labstore::server
