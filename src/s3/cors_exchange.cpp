#include "s3/cors_exchange.hpp"

#include "s3/address.hpp"

namespace labstore::s3 {

void cors_exchange::prepare(const storage::object_store& store, const std::vector<std::string>& domains) {
    const auto& asked = below_.head();
    const auto origin = asked.find("Origin");
    const auto target = parse_address(asked.host, asked.path, domains);
    // A preflight says by itself what it may.
    if (!origin || asked.method == http::method::options || !target || target->bucket.empty())
        return;
    const auto bucket = store.find_bucket(target->bucket);
    if (!bucket || !(*bucket)->config)
        return;
    cross_origin_request page;
    page.origin = *origin;
    page.method = asked.find("Access-Control-Request-Method").value_or(asked.method_text);
    headers_ = allow_cross_origin((*bucket)->config->cors, page);
}

http::response_head cors_exchange::with_headers(http::response_head head) const {
    for (const auto& [name, value] : headers_)
        head.add(name, value);
    return head;
}

}  // namespace labstore::s3
