#include "net/addresses.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>

namespace labstore::net {

namespace asio = boost::asio;

result<asio::ip::tcp::endpoint> resolve(const std::string& host, std::uint16_t port) {
    if (host.empty())
        return asio::ip::tcp::endpoint(asio::ip::tcp::v4(), port);
    auto literal = host;
    if (literal.front() == '[' && literal.back() == ']')
        literal = literal.substr(1, literal.size() - 2);
    error_code failure;
    if (const auto address = asio::ip::make_address(literal, failure); !failure)
        return asio::ip::tcp::endpoint(address, port);
    asio::io_context context(1);
    asio::ip::tcp::resolver resolver(context);
    failure.clear();
    const auto found =
        resolver.resolve(host, std::to_string(port), asio::ip::tcp::resolver::passive, failure);
    if (failure)
        return failure;
    const auto v4 = std::find_if(found.begin(), found.end(), [](const auto& each) {
        return each.endpoint().address().is_v4();
    });
    return v4 != found.end() ? v4->endpoint() : found.begin()->endpoint();
}

}  // namespace labstore::net
