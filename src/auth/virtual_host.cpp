#include "labstore/auth.hpp"

#include <algorithm>

namespace labstore::auth {
namespace {

/// RFC 9110 lets the digits behind the colon be absent. The last colon of a bare IPv6 address has no digits alone
/// behind it: its bracket is there.
std::string_view without_port(std::string_view host) noexcept {
    const auto colon = host.rfind(':');
    if (colon == std::string_view::npos)
        return host;
    const auto is_digit = [](char c) {
        return c >= '0' && c <= '9';
    };
    return std::ranges::all_of(host.substr(colon + 1), is_digit) ? host.substr(0, colon) : host;
}

}  // namespace

std::string virtual_host_bucket(std::string_view host, std::span<const std::string> domains) {
    const auto name = without_port(host);
    std::string_view bucket;
    std::size_t longest = 0;
    for (const std::string_view domain : domains) {
        if (domain.size() <= longest || name.size() < domain.size())
            continue;
        auto before = name.substr(0, name.size() - domain.size());
        if (!equal_ignoring_case(name.substr(before.size()), domain))
            continue;
        // The domain itself: path style, although a shorter domain may end it as well.
        if (before.empty())
            return {};
        if (before.size() == 1 || before.back() != '.')
            continue;
        before.remove_suffix(1);
        bucket = before;
        longest = domain.size();
    }
    return to_lower(bucket);
}

}  // namespace labstore::auth
