#include "labstore/auth.hpp"

namespace labstore::auth {
namespace {

std::string_view without_port(std::string_view host) {
    const auto colon = host.rfind(':');
    if (colon == std::string_view::npos || !parse_decimal(host.substr(colon + 1)))
        return host;
    return host.substr(0, colon);
}

}  // namespace

std::string virtual_host_bucket(std::string_view host, std::span<const std::string> domains) {
    const auto name = to_lower(without_port(host));
    std::string bucket;
    std::size_t longest = 0;
    for (const auto& each : domains) {
        const auto domain = to_lower(each);
        if (name == domain)
            return {};
        const bool ends_so = !domain.empty() && name.size() > domain.size() + 1 && name.ends_with(domain) &&
                             name[name.size() - domain.size() - 1] == '.';
        if (!ends_so || domain.size() <= longest)
            continue;
        longest = domain.size();
        bucket = name.substr(0, name.size() - domain.size() - 1);
    }
    return bucket;
}

}  // namespace labstore::auth
