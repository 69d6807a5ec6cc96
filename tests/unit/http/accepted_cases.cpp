#include "unit/http/desync_cases.hpp"

namespace labstore::http {

std::vector<accepted_case> accepted_cases() {
    return {
        {.head = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {.head = "GET / HTTP/1.1\r\nHOST:h\r\n\r\n"},
        {.head = "GET / HTTP/1.1\r\nhost: \t h \t\r\n\r\n"},
        {.head = "GET / HTTP/1.1\r\nHost: [::1]:6789\r\n\r\n", .host = "[::1]:6789"},
        {.head = "GET / HTTP/1.1\r\nHost: b.s3.example.com:80\r\n\r\n", .host = "b.s3.example.com:80"},
        {.head = "GET //a//../%2F%00?x=%0d%0a&%zz HTTP/1.1\r\nHost: h\r\n\r\n",
         .target = "//a//../%2F%00?x=%0d%0a&%zz"},
        {.head = "GET /\"<>\\^`{|}' HTTP/1.1\r\nHost: h\r\n\r\n", .target = "/\"<>\\^`{|}'"},
        {.head = "GET http://h/a HTTP/1.1\r\nHost: h\r\n\r\n", .target = "/a"},
        {.head = "GET HTTP://H:80/a?b HTTP/1.1\r\nHost: h\r\n\r\n", .target = "/a?b"},
        {.head = "GET https://h:443 HTTP/1.1\r\nHost: h\r\n\r\n"},
        {.head = "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", .target = "*"},
        {.head = "BREW / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {.head = "GET / HTTP/1.0\r\nHost: h\r\n\r\n", .keep_alive = false},
        {.head = "GET / HTTP/1.0\r\nHost: h\r\nConnection: Keep-Alive\r\n\r\n", .keep_alive = true},
        {.head = "GET / HTTP/1.0\r\nHost: h\r\nProxy-Connection: keep-alive\r\n\r\n", .keep_alive = false},
        {.head = "PUT / HTTP/1.0\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
         .content_length = 5,
         .keep_alive = false},
        {.head = with_fields("Content-Length: 0"), .content_length = 0},
        {.head = with_fields("content-length:007"), .content_length = 7},
        {.head = with_fields("Content-Length: 18446744073709551615"), .content_length = ~std::uint64_t{0}},
        {.head = with_fields("Content-Length:\t5 "), .content_length = 5},
        {.head = with_fields("Transfer-Encoding: chunked"), .chunked = true},
        {.head = with_fields("transfer-encoding:\tCHUNKED "), .chunked = true},
        {.head = with_fields("TE: trailers\r\nTrailer: x-amz-checksum-crc32\r\nTransfer-Encoding: chunked"),
         .chunked = true},
        {.head = with_fields("Content_Length: 9\r\nX-Content-Length: 9")},
        {.head = with_fields("Expect: 100-Continue\r\nContent-Length: 3"),
         .content_length = 3,
         .expects_continue = true},
        {.head = with_fields("Expect: 200-maybe")},
        {.head = with_fields("Connection: close"), .keep_alive = false},
        {.head = with_fields("Connection: keep-alive, close"), .keep_alive = false},
        {.head = with_fields("Connection: x\r\nConnection: CLOSE"), .keep_alive = false},
        {.head = with_fields("Connection: closed")},
        {.head = with_fields("Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk")},
        {.head = with_fields("Proxy-Connection: close")},
        {.head = with_fields("x-amz-meta-a: \xc3\xbc\xff\x80 z")},
        {.head = with_fields("A:\r\nB: \t\r\nC:::")},
    };
}

}  // namespace labstore::http
