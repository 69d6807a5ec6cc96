// Answers whole, split at every byte, one byte at a time, and broken.
#include "load/response_parser.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace labstore::load {
namespace {

struct outcome_of_parse {
    errc error = errc::ok;
    bool done = false;
    unsigned status = 0;
    std::string body;
    std::string etag;
    bool keep_alive = false;
    std::size_t consumed = 0;

    bool operator==(const outcome_of_parse&) const = default;
};

outcome_of_parse parse(const std::vector<std::string>& pieces, bool to_head, bool ends) {
    response_parser parser;
    parser.start(to_head);
    outcome_of_parse out;
    for (const auto& piece : pieces) {
        auto rest = as_bytes(piece);
        while (!rest.empty() && !parser.done()) {
            const auto step = parser.feed(rest);
            if (!step) {
                out.error = to_errc(step.error());
                return out;
            }
            out.body += as_text(step->body);
            out.consumed += step->consumed;
            rest = rest.subspan(step->consumed);
        }
    }
    if (ends && !parser.done())
        if (const auto finished = parser.finish(); !finished)
            out.error = to_errc(finished.error());
    out.done = parser.done();
    out.status = parser.status();
    out.etag = parser.etag();
    out.keep_alive = parser.keep_alive();
    return out;
}

struct example {
    std::string name;
    std::string text;
    unsigned status;
    std::string body;
    bool keep_alive = true;
    bool to_head = false;
    bool ends = false;  // with the connection
};

const std::vector<example>& examples() {
    static const std::vector<example> all{
        {"length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"abc\"\r\n\r\nhello", 200, "hello"},
        {"empty", "HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n", 200, ""},
        {"no reason", "HTTP/1.1 404\r\nContent-Length: 2\r\n\r\nno", 404, "no"},
        {"bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 200, "ok"},
        {"no content", "HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
        {"not modified", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, ""},
        {"head", "HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n", 200, "", true, true},
        {"close", "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 1\r\n\r\nx", 200, "x", false},
        {"old", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "x", false},
        {"old kept", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", 200, "x"},
        {"to the end", "HTTP/1.1 200 OK\r\n\r\nall of it", 200, "all of it", false, false, true},
        {"interim",
         "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes",
         200,
         "yes"},
        {"chunked",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n, "
         "12345678\r\n0\r\n\r\n",
         200,
         "hello, 12345678"},
        {"trailers",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nx-sum: 1\r\n\r\n",
         200,
         "x"},
    };
    return all;
}

TEST(ResponseParser, ReadsEveryExampleHoweverItIsCut) {
    for (const auto& each : examples()) {
        SCOPED_TRACE(each.name);
        const auto whole = parse({each.text}, each.to_head, each.ends);
        EXPECT_EQ(whole.error, errc::ok);
        EXPECT_TRUE(whole.done);
        EXPECT_EQ(whole.status, each.status);
        EXPECT_EQ(whole.body, each.body);
        EXPECT_EQ(whole.keep_alive, each.keep_alive);
        EXPECT_EQ(whole.consumed, each.text.size());
        std::vector<std::string> bytes;
        for (std::size_t cut = 0; cut < each.text.size(); ++cut) {
            EXPECT_EQ(
                parse({each.text.substr(0, cut), each.text.substr(cut)}, each.to_head, each.ends), whole
            ) << cut;
            bytes.emplace_back(1, each.text[cut]);
        }
        EXPECT_EQ(parse(bytes, each.to_head, each.ends), whole);
    }
}

TEST(ResponseParser, EndsTooSoonWhereverItIsCut) {
    for (const auto& each : examples()) {
        SCOPED_TRACE(each.name);
        if (each.ends)
            continue;
        for (std::size_t cut = 0; cut < each.text.size(); ++cut) {
            const auto part = parse({each.text.substr(0, cut)}, each.to_head, true);
            EXPECT_EQ(part.error, errc::incomplete_body) << cut;
            EXPECT_FALSE(part.done) << cut;
        }
    }
}

TEST(ResponseParser, StopsAtTheEndOfItsAnswer) {
    const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 No\r\n";
    const auto got = parse({text}, false, false);
    EXPECT_TRUE(got.done);
    EXPECT_EQ(got.body, "ok");
    EXPECT_EQ(text.substr(got.consumed), "HTTP/1.1 500 No\r\n");
}

TEST(ResponseParser, RefusesWhatIsNoAnswer) {
    const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const std::string& wrong : std::vector<std::string>{
             "SSH-2.0-OpenSSH\r\n",
             "HTTP/2 200 OK\r\n",
             "HTTP/1.1 20 OK\r\n",
             "HTTP/1.1 2000 OK\r\n",
             "HTTP/1.1 099 OK\r\n",
             "HTTP/1.1 700 OK\r\n",
             "HTTP/1.2 200 OK\r\n",
             "HTTP/1.1 200 OK\r\nno colon\r\n",
             "HTTP/1.1 200 OK\r\n: nameless\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n",
             chunked + "\r\n",
             chunked + "xyz\r\n",
             chunked + "1111111111111111\r\n",
             chunked + "1\r\nxy\r\n",
         })
        EXPECT_EQ(parse({wrong}, false, false).error, errc::bad_request) << wrong;
}

TEST(ResponseParser, BoundsTheHead) {
    std::string endless = "HTTP/1.1 200 OK\r\nX: ";
    endless.append(response_parser::head_bytes_max, 'x');
    EXPECT_EQ(parse({endless}, false, false).error, errc::header_too_large);
}

TEST(ResponseParser, IsReadyForTheNextAnswer) {
    response_parser parser;
    for (const bool to_head : {false, true, false}) {
        parser.start(to_head);
        EXPECT_TRUE(parser.untouched());
        const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
        ASSERT_TRUE(parser.feed(as_bytes(head)));
        EXPECT_FALSE(parser.untouched());
        EXPECT_EQ(parser.done(), to_head);
        EXPECT_EQ(parser.content_length(), 2U);
        if (!to_head) {
            ASSERT_TRUE(parser.feed(as_bytes("ok")));
        }
        EXPECT_TRUE(parser.done());
    }
}

}  // namespace
}  // namespace labstore::load
