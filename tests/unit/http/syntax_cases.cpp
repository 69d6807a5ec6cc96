#include "unit/http/desync_cases.hpp"

namespace labstore::http {
namespace {

void add_header_lines(std::vector<desync_case>& cases) {
    for (const auto* line :
         {" folded", "\tfolded", " Content-Length: 5", "\tTransfer-Encoding: chunked", " ", "\t", " :"})
        cases.push_back({with_fields("A: b\r\n" + std::string(line)), refusal::folding});
    for (const auto* name : {" Host: h", "\tHost: h", " "})
        cases.push_back({"GET / HTTP/1.1\r\n" + std::string(name) + "\r\nHost: h\r\n\r\n", refusal::folding});
    const std::vector<std::string> names = {
        "Content-Length : 5",
        "Content-Length\t: 5",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding\t: chunked",
        "Transfer Encoding: chunked",
        ": 5",
        ":",
        "NoColon",
        "Content-Length",
        "Content-Length 5",
        "A(b): c",
        "A@b: c",
        "A,b: c",
        "A;b: c",
        "A\"b: c",
        "A/b: c",
        "A[b]: c",
        "A{b}: c",
        "A\\b: c",
        "A=b: c",
        "A?b: c",
        "A<b: c",
        "\xc3\xbc: c",
        "Transfer-Encoding\xff: chunked",
        "\xef\xbb\xbf"
        "Content-Length: 5",
        "A\x7f"
        "b: c",
        "A\x01"
        "b: c",
        "Content-Length\x0b: 5",
        "Content-Length\x0c: 5",
        std::string("A\0b: c", 6),
        std::string("\0Content-Length: 5", 18),
    };
    for (const auto& name : names)
        cases.push_back({with_fields(name), refusal::header_name});
    const std::vector<std::string> values = {
        std::string("A: b\0c", 6),
        "A: b\x01"
        "c",
        "A: \x1b[0m",
        "A: b\x7f",
        "A: \x0b"
        "b",
        "A: b\x0c",
        "Transfer-Encoding: \x0b"
        "chunked",
        "Transfer-Encoding: chunked\x0c",
        std::string("Transfer-Encoding: chunked\0", 27),
        "Content-Length: \x0b"
        "5",
        std::string("Content-Length: 5\0", 18),
        "Content-Length: 5\x08",
    };
    for (const auto& value : values)
        cases.push_back({with_fields(value), refusal::header_value});
}

void add_line_endings(std::vector<desync_case>& cases) {
    const std::vector<std::string> heads = {
        "GET / HTTP/1.1\nHost: h\n\n",
        "GET / HTTP/1.1\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n\n",
        "GET / HTTP/1.1\rHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\rA: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\r\n\r\n",
        "GET / HTTP/1.1\r\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n\r\r\n",
        "PUT / HTTP/1.1\r\nHost: h\r\nA: b\rTransfer-Encoding: chunked\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: h\r\nA: b\nTransfer-Encoding: chunked\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\rX\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\rchunked\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\nchunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n\r\nX",
        "GET / HTTP/1.1\r\nHost: h\r\n",
        "GET / HTTP/1.1\r\nHost: h",
        "GET / HTTP/1.1",
        "\n",
        "",
    };
    for (const auto& head : heads)
        cases.push_back({head, refusal::line_ending});
}

void add_request_lines(std::vector<desync_case>& cases, refusal why, const std::vector<std::string>& lines) {
    for (const auto& line : lines)
        cases.push_back({line + "\r\nHost: h\r\n\r\n", why});
}

void add_malformed_request_lines(std::vector<desync_case>& cases) {
    add_request_lines(
        cases,
        refusal::request_line,
        {"",
         " ",
         "GET",
         "GET /",
         "GET  / HTTP/1.1x y",
         "GET  / HTTP/1.1",
         "GET /  HTTP/1.1",
         " GET / HTTP/1.1",
         "GET / HTTP/1.1 ",
         "GET /a b HTTP/1.1",
         "GET\t/ HTTP/1.1",
         "GET /\tHTTP/1.1",
         "G(T / HTTP/1.1",
         "G\x01T / HTTP/1.1",
         "G\xffT / HTTP/1.1",
         "GET: / HTTP/1.1",
         "GET HTTP/1.1",
         "GET  HTTP/1.1",
         "GET / HTTP/1.1 HTTP/1.1",
         "GET / HTTP 1.1x/y",
         "GET //h HTTP/1.1#x HTTP/1.1"}
    );
    add_request_lines(
        cases,
        refusal::version,
        {"GET / HTTP/2.0",
         "PRI * HTTP/2.0",
         "GET / HTTP/0.9",
         "GET / HTTP/1.2",
         "GET / HTTP/1.10",
         "GET / HTTP/1.",
         "GET / HTTP/01.1",
         "GET / HTTP/1,1",
         "GET / http/1.1",
         "GET / HTTP/1.1\t",
         "GET / HTTPS/1.1",
         "GET / ICY/1.1",
         "GET / HTTP/1.1x",
         "GET / XHTTP/1.1",
         "GET / HTTP/+1.1",
         "GET / HTTP/11"}
    );
}

void add_targets(std::vector<desync_case>& cases) {
    add_request_lines(
        cases,
        refusal::target,
        {"GET b/k HTTP/1.1",
         "GET ? HTTP/1.1",
         "GET * HTTP/1.1",
         "PUT * HTTP/1.1",
         "OPTIONS ** HTTP/1.1",
         "OPTIONS *x HTTP/1.1",
         "CONNECT h:80 HTTP/1.1",
         "GET h:80 HTTP/1.1",
         "GET ftp://h/ HTTP/1.1",
         "GET http:/h/ HTTP/1.1",
         "GET http:// HTTP/1.1",
         "GET http:///x HTTP/1.1",
         "GET http://?x HTTP/1.1",
         "GET http://h?x HTTP/1.1",
         "GET http://u@h/ HTTP/1.1",
         "GET http://h,g/ HTTP/1.1",
         "GET /a#b HTTP/1.1",
         "GET http://h#b HTTP/1.1",
         "GET /\x7f HTTP/1.1",
         "GET /\x01 HTTP/1.1",
         "GET /\xff HTTP/1.1",
         "GET /\xc3\xbc HTTP/1.1",
         "GET /a\x0bHTTP/1.1 HTTP/1.1",
         "GET \\ HTTP/1.1",
         "GET :/ HTTP/1.1",
         "GET http://:80/ HTTP/1.1",
         std::string("GET /\0 HTTP/1.1", 15)}
    );
}

}  // namespace

std::vector<desync_case> syntax_cases() {
    std::vector<desync_case> cases;
    add_header_lines(cases);
    add_line_endings(cases);
    add_malformed_request_lines(cases);
    add_targets(cases);
    return cases;
}

std::vector<desync_case> desync_cases() {
    auto cases = framing_cases();
    const auto more = syntax_cases();
    cases.insert(cases.end(), more.begin(), more.end());
    return cases;
}

}  // namespace labstore::http
