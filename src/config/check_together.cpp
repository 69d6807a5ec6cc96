#include "config/option.hpp"

#include <algorithm>
#include <array>

namespace labstore::config {
namespace {

constexpr std::size_t access_key_length_min = 3;
constexpr std::size_t secret_key_length_min = 8;
constexpr std::size_t key_length_max = 128;

/// Secrets that every scanner tries first: defaults and examples of stores and their manuals.
constexpr std::array<std::string_view, 14> well_known_secrets = {
    "minioadmin",
    "minio123",
    "minio12345",
    "rustfsadmin",
    "password",
    "password123",
    "secretkey",
    "secret_key",
    "changeme",
    "change_me",
    "adminadmin",
    "admin123",
    "12345678",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};

std::string place_of(const loaded& all, const std::string& name) {
    const auto found = all.places.find(name);
    return found == all.places.end() ? name : found->second;
}

/// Access keys stand in scopes and headers between slashes, commas and spaces.
bool is_access_key(std::string_view key) {
    return std::ranges::all_of(key, [](char c) {
        return c > 0x20 && c < 0x7F && std::string_view("/,=;&?%+\"'\\:").find(c) == std::string_view::npos;
    });
}

checked<void> check_credential(const loaded& all) {
    const std::string& access = all.values.admin_access_key;
    const crypto::secret& secret = all.values.admin_secret_key;
    const std::string access_place = place_of(all, "admin-access-key");
    const std::string secret_place = place_of(all, "admin-secret-key");
    if (access.empty() && secret.empty())
        return {};
    if (access.empty())
        return problem{secret_place, "admin-secret-key needs admin-access-key"};
    if (secret.empty())
        return problem{access_place, "admin-access-key needs admin-secret-key"};
    if (access.size() < access_key_length_min || access.size() > key_length_max || !is_access_key(access))
        return problem{
            access_place, "admin-access-key must be 3 to 128 letters, digits or any of -_.~!@#$^*"};
    const std::string& text = secret.reveal();
    const bool printable = std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
    if (text.size() < secret_key_length_min || text.size() > key_length_max || !printable)
        return problem{secret_place, "admin-secret-key must be 8 to 128 printable characters without blanks"};
    const bool well_known = std::ranges::any_of(well_known_secrets, [&](std::string_view known) {
        return equal_ignoring_case(known, text);
    });
    if (well_known || text == access)
        return problem{
            secret_place, "admin-secret-key is well known or the same as the access key: choose another"};
    return {};
}

checked<void> check_names(const loaded& all) {
    for (const auto& [name, value] :
         {std::pair("host", &all.values.listener.host),
          std::pair("storage-path", &all.values.storage_path),
          std::pair("region", &all.values.auth.region),
          std::pair("pprof-host", &all.values.pprof_host),
          std::pair("website-host", &all.values.website_host)})
        if (value->empty())
            return problem{place_of(all, name), std::string(name) + " must not be empty"};
    const bool word = std::ranges::all_of(all.values.auth.region, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_';
    });
    if (!word)
        return problem{place_of(all, "region"), "region must be letters, digits, - and _"};
    return {};
}

checked<void> check_tls(const loaded& all) {
    const net::tls_options& tls = all.values.tls;
    if (!tls.certificate_file.empty() && tls.key_file.empty())
        return problem{place_of(all, "tls-cert"), "tls-cert needs tls-key"};
    if (tls.certificate_file.empty() && !tls.key_file.empty())
        return problem{place_of(all, "tls-key"), "tls-key needs tls-cert"};
    return {};
}

checked<void> check_sizes(const loaded& all) {
    const settings& values = all.values;
    if (values.storage.part_size_bytes_min > values.storage.put_size_bytes_max)
        return problem{place_of(all, "part-size-min"), "part-size-min is larger than put-size-max"};
    if (values.storage.put_size_bytes_max > values.storage.object_size_bytes_max)
        return problem{place_of(all, "put-size-max"), "put-size-max is larger than object-size-max"};
    if (values.blobs.chunk_bytes * 4 > values.blobs.body_memory_bytes_max)
        return problem{place_of(all, "body-memory-max"), "body-memory-max must hold four times chunk-size"};
    if (values.s3.document_memory_bytes_max < 2 * values.s3.complete_xml_size_bytes_max ||
        values.s3.document_memory_bytes_max < 2 * values.s3.xml_size_bytes_max)
        return problem{
            place_of(all, "document-memory-max"),
            "document-memory-max must hold twice xml-size-max and twice complete-xml-size-max"};
    return {};
}

struct listening_place {
    std::string_view name;  // of its port
    bool used = false;
    std::uint16_t port = 0;
    const std::string& host;
};

checked<void> check_ports(const loaded& all) {
    const settings& values = all.values;
    const listening_place places[] = {
        {"port", true, values.listener.port, values.listener.host},
        {"pprof-port", values.pprof, values.pprof_port, values.pprof_host},
        {"website-port", values.website, values.website_port, values.website_host},
    };
    for (const auto& one : places)
        for (const auto& before : places) {
            if (&before == &one)
                break;
            const bool same = one.used && before.used && one.port != 0 && one.port == before.port &&
                              one.host == before.host;
            if (same)
                return problem{
                    place_of(all, std::string(one.name)),
                    std::string(one.name) + " and " + std::string(before.name) +
                        " are the same on the same host"};
        }
    return {};
}

}  // namespace

checked<void> check_together(const loaded& all) {
    for (const auto& check : {check_names, check_credential, check_tls, check_sizes, check_ports})
        if (auto fine = check(all); !fine)
            return fine.error();
    return {};
}

}  // namespace labstore::config
