#include "unit/http/desync_cases.hpp"

namespace labstore::http {
namespace {

void add_transfer_encodings(std::vector<desync_case>& cases) {
    const std::vector<std::string> values = {
        "identity",
        "xchunked",
        "chunkedx",
        "chunked, identity",
        "identity, chunked",
        "chunked, chunked",
        "chunked,chunked",
        "gzip",
        "gzip, chunked",
        "chunked, gzip",
        "",
        ",",
        ",chunked",
        "chunked,",
        "chunked;",
        "chunked;q=1",
        "chunked ; x",
        "\"chunked\"",
        "'chunked'",
        "chunk ed",
        "chunk",
        "cow",
        "deflate",
        "compress",
        "trailers",
        "chunked\tx",
        "x chunked",
        "chunked identity",
        "chunked=1",
        "chunked/1",
        "(chunked)",
        "[chunked]",
        "chunked\xc2\xa0",
        "\xc2\xa0"
        "chunked",
        "\xef\xbb\xbf"
        "chunked",
        "chunkeD\xff",
        "\xff"
        "chunked",
        "chun\xe2\x80\x8bked",
        "c\xe1\xb9\xb3"
        "nked",
        "0",
        "1",
        "none",
        "null",
        "*",
    };
    for (const auto& value : values)
        cases.push_back({with_fields("Transfer-Encoding: " + value), refusal::transfer_encoding});
}

void add_transfer_encoding_pairs(std::vector<desync_case>& cases) {
    const std::vector<std::string> pairs = {
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\ntransfer-encoding: cow",
        "Transfer-Encoding:\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Content-Length: 0\r\nTransfer-Encoding: chunked",
        "Content-Length: x\r\nTransfer-Encoding: chunked",
        "TRANSFER-ENCODING: chunked\r\ncontent-length: 3",
        "Transfer-Encoding: identity\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
    };
    for (const auto& fields : pairs)
        cases.push_back({with_fields(fields), refusal::transfer_encoding});
    cases.push_back(
        {"PUT / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", refusal::transfer_encoding}
    );
    cases.push_back(
        {"PUT / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n",
         refusal::transfer_encoding}
    );
}

void add_content_lengths(std::vector<desync_case>& cases) {
    const std::vector<std::string> values = {
        "",
        "+5",
        "-5",
        "-0",
        "0x5",
        "5x",
        "x5",
        "5 5",
        "5,5",
        "5, 5",
        ",5",
        "5,",
        "5;",
        "5.0",
        "5e1",
        "1_000",
        "\"5\"",
        "'5'",
        "(5)",
        "5 ,",
        "five",
        "18446744073709551616",
        "99999999999999999999",
        "999999999999999999999999999999",
        "00000000000000000000000000000000000000005x",
        "5\t5",
        "\xd9\xa5",
        "5\xc2\xa0",
        "0b1",
        "0o7",
        "NaN",
        "5 6",
        "1 ,2",
    };
    for (const auto& value : values)
        cases.push_back({with_fields("Content-Length: " + value), refusal::content_length});
    const std::vector<std::string> pairs = {
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 0\r\nContent-Length: 5",
        "Content-Length: 5\r\ncontent-length: 5",
        "CONTENT-LENGTH: 5\r\nX: y\r\nContent-length: 5",
        "Content-Length:\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length:",
    };
    for (const auto& fields : pairs)
        cases.push_back({with_fields(fields), refusal::content_length});
    cases.push_back(
        {"PUT / HTTP/1.0\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
         refusal::content_length}
    );
}

void add_hosts(std::vector<desync_case>& cases) {
    const std::vector<std::string> fields = {
        "",
        "Host:\r\n",
        "Host: \t \r\n",
        "Host: h\r\nHost: h\r\n",
        "Host: h\r\nhost: g\r\n",
        "Host:\r\nHost: h\r\n",
        "Host: h,g\r\n",
        "Host: h, h\r\n",
        "Host: h g\r\n",
        "Host: u@h\r\n",
        "Host: h/x\r\n",
        "Host: h?x\r\n",
        "Host: h#x\r\n",
        "Host: h\\x\r\n",
        "Host: :80\r\n",
        "Host: \xc3\xbc\r\n",
        "Host: \"h\"\r\n",
        "Host: <h>\r\n",
        "Host: h\ti\r\n",
        "X-Host: h\r\n",
        "Hosts: h\r\n",
    };
    for (const auto& each : fields)
        cases.push_back({"GET / HTTP/1.1\r\n" + each + "\r\n", refusal::host});
    cases.push_back({"GET / HTTP/1.0\r\n\r\n", refusal::host});
    cases.push_back({"GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", refusal::host});
    cases.push_back({"GET http://a/ HTTP/1.1\r\nHost: a:81\r\n\r\n", refusal::host});
    cases.push_back({"GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n", refusal::host});
    cases.push_back({"GET http://a/ HTTP/1.1\r\nHost: a:443\r\n\r\n", refusal::host});
    cases.push_back({"GET http://a/ HTTP/1.1\r\n\r\n", refusal::host});
    cases.push_back({"GET http://a.b/ HTTP/1.1\r\nHost: a\r\n\r\n", refusal::host});
}

}  // namespace

std::vector<desync_case> framing_cases() {
    std::vector<desync_case> cases;
    add_transfer_encodings(cases);
    add_transfer_encoding_pairs(cases);
    add_content_lengths(cases);
    add_hosts(cases);
    return cases;
}

}  // namespace labstore::http
