#include "signed_client.hpp"

#include <array>

namespace labstore::allocations {

signed_client::signed_client(std::uint16_t port, std::string access_key, crypto::secret secret_key)
    : host_("127.0.0.1:" + std::to_string(port)),
      peer_(port),
      signer_(std::move(access_key), std::move(secret_key), "us-east-1") {
    LABSTORE_ASSERT(peer_.connected());
}

std::string signed_client::make(std::string_view method, const std::string& target, std::string_view body) {
    const auto date = format_amz_date(system_clock().now());
    const auto hash = to_hex(crypto::sha256(as_bytes(body)));
    const std::array<http::header, 3> fields{
        {{"Host", host_}, {"x-amz-content-sha256", hash}, {"x-amz-date", date}}};
    http::request_head head;
    head.method_text = method;
    head.target = target;
    const auto question = head.target.find('?');
    head.path = head.target.substr(0, question);
    head.has_query = question != std::string_view::npos;
    if (head.has_query)
        head.query = head.target.substr(question + 1);
    head.host = host_;
    head.headers = fields;
    constexpr std::string_view signed_headers[] = {"host", "x-amz-content-sha256", "x-amz-date"};
    std::string authorization;
    const auto done = signer_.append_authorization(authorization, head, signed_headers, hash, date);
    LABSTORE_ASSERT(done);
    std::string out(method);
    out += " " + target + " HTTP/1.1\r\n";
    for (const auto& [name, value] : fields)
        out.append(name).append(": ").append(value).append("\r\n");
    out += "Authorization: " + authorization + "\r\n";
    if (method == "PUT")
        out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return out.append("\r\n").append(body);
}

unsigned signed_client::send(const std::string& request, bool to_head) {
    if (!peer_.send(request))
        return 0;
    const auto answer = peer_.receive(to_head);
    return answer.whole ? answer.status : 0;
}

}  // namespace labstore::allocations
