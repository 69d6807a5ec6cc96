#pragma once

#include "labstore/base.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <string>

namespace labstore::net {

/// Where to listen: an address literal (IPv6 with or without brackets), or a name, of which the first IPv4
/// address is taken and else the first of all. An empty host is every IPv4 address. Waits for the resolver.
[[nodiscard]] result<boost::asio::ip::tcp::endpoint> resolve(const std::string& host, std::uint16_t port);

}  // namespace labstore::net
