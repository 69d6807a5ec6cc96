#include "load/request_writer.hpp"

#include <array>

namespace labstore::load {
namespace {

constexpr std::chrono::hours presigned_life{1};
constexpr std::array<std::string_view, 3> signed_headers{"host", "x-amz-content-sha256", "x-amz-date"};

}  // namespace

std::string host_header(const target& at) {
    const bool bare_ipv6 = at.host.find(':') != std::string::npos;
    auto host = bare_ipv6 ? "[" + at.host + "]" : at.host;
    return at.port == standard_port(at.tls) ? host : host + ":" + at.port;
}

request_writer::request_writer(const target& at, signing_form form)
    : form_(form), host_(host_header(at)), signer_(at.access_key, at.secret_key, at.region) {}

void request_writer::renew_date() {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    if (now == dated_ && !amz_date_.empty())
        return;
    dated_ = now;
    amz_date_ = format_amz_date(now);
}

void request_writer::write(std::string& out, const request_line& line) {
    renew_date();
    const std::array<http::header, 3> headers{{
        {"host", host_},
        {"x-amz-content-sha256", line.payload_hash},
        {"x-amz-date", amz_date_},
    }};
    http::request_head head;
    head.method_text = line.method;
    head.path = line.path;
    head.query = line.query;
    head.has_query = !line.query.empty();
    head.host = host_;
    head.headers = headers;
    out.clear();
    out.append(line.method).append(" ").append(line.path);
    if (form_ == signing_form::presigned) {
        query_.clear();
        const auto names = std::span(signed_headers).first(1);
        const auto done = signer_.append_presigned_query(query_, head, names, amz_date_, presigned_life);
        LABSTORE_ASSERT(done);
        out.append("?").append(query_).append(" HTTP/1.1\r\nHost: ").append(host_);
    } else {
        authorization_.clear();
        const auto done =
            signer_.append_authorization(authorization_, head, signed_headers, line.payload_hash, amz_date_);
        LABSTORE_ASSERT(done);
        if (head.has_query)
            out.append("?").append(line.query);
        out.append(" HTTP/1.1\r\nHost: ").append(host_);
        out.append("\r\nx-amz-content-sha256: ").append(line.payload_hash);
        out.append("\r\nx-amz-date: ").append(amz_date_);
        out.append("\r\nAuthorization: ").append(authorization_);
    }
    if (line.body_size_bytes)
        out.append("\r\nContent-Length: ").append(std::to_string(*line.body_size_bytes));
    out.append("\r\n\r\n");
}

}  // namespace labstore::load
