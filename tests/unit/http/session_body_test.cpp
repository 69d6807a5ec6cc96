#include "support/http/raw_client.hpp"
#include "support/http/test_server.hpp"

#include <gtest/gtest.h>

namespace labstore::http {
namespace {

using support::raw_client;
using support::test_server;
using namespace std::chrono_literals;

constexpr std::string_view get_a = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

std::string put(std::string_view target, std::string_view fields, std::string_view body = {}) {
    return "PUT " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n" +
           std::string(body);
}

std::string pattern(std::size_t size) {
    std::string made(size, ' ');
    for (std::size_t i = 0; i < size; ++i)
        made[i] = static_cast<char>('a' + (i * 7 + i / 251) % 26);
    return made;
}

TEST(SessionBody, LargeSizedBodiesArriveWhole) {
    test_server server;
    raw_client client(server.port());
    for (const std::size_t size : {1UL, 8'000UL, 8'192UL, 20'000UL, 3'000'000UL}) {
        const auto body = pattern(size);
        client.send(put("/echo", "Content-Length: " + std::to_string(size) + "\r\n", body));
        ASSERT_EQ(client.receive().body, body) << size;
    }
}

TEST(SessionBody, LargeChunkedBodiesArriveWhole) {
    test_server server;
    raw_client client(server.port());
    const auto body = pattern(300'000);
    for (const std::size_t chunk_size : {97UL, 5'000UL, 65'536UL, 300'000UL}) {
        std::string sent;
        for (std::size_t at = 0; at < body.size(); at += chunk_size) {
            const auto chunk = body.substr(at, chunk_size);
            char line[20];
            std::snprintf(line, sizeof(line), "%zX\r\n", chunk.size());
            sent += line + chunk + "\r\n";
        }
        client.send(put("/echo", "Transfer-Encoding: chunked\r\n", sent + "0\r\n\r\n") + std::string(get_a));
        ASSERT_EQ(client.receive().body, body) << chunk_size;
        ASSERT_EQ(client.receive().body, "GET /a") << chunk_size;
    }
}

TEST(SessionBody, BrokenChunksAreRefusedAndClose) {
    test_server server;
    for (const auto* body :
         {"x\r\n", "5\r\nhelloX", "-1\r\n", "11111111111111111\r\n", "5 \r\nhello", "5\nhello\r\n"}) {
        raw_client client(server.port());
        client.send(put("/echo", "Transfer-Encoding: chunked\r\n", body) + std::string(get_a));
        const auto got = client.receive();
        EXPECT_EQ(got.status, 400U) << body;
        EXPECT_EQ(got.header("Connection"), "close") << body;
        EXPECT_TRUE(client.ends_within(4s)) << body;
    }
    for (const auto& target : server.handler().served())
        EXPECT_EQ(target, "/echo");
}

TEST(SessionBody, ContinueIsSentByTheFirstRead) {
    test_server server;
    raw_client client(server.port());
    client.send(put("/wait-echo", "Content-Length: 5\r\nExpect: 100-Continue\r\n"));
    EXPECT_TRUE(client.silent_for(100ms));
    server.handler().released = true;
    EXPECT_EQ(client.receive().head, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("hello");
    EXPECT_EQ(client.receive().body, "hello");
    client.send(get_a);
    EXPECT_EQ(client.receive().body, "GET /a");
}

TEST(SessionBody, ContinueIsNotSentWithAnEarlyAnswerWhichCloses) {
    test_server server;
    raw_client client(server.port());
    client.send(put("/early", "Content-Length: 5\r\nExpect: 100-continue\r\n"));
    const auto got = client.receive();
    EXPECT_EQ(got.status, 403U);
    EXPECT_EQ(got.header("Connection"), "close");
    client.send(get_a);
    EXPECT_TRUE(client.ends_within(4s));
    EXPECT_EQ(server.handler().served().size(), 1U);
}

TEST(SessionBody, ContinueIsNotSentOnceTheBodyComes) {
    test_server server;
    server.handler().released = true;
    raw_client together(server.port());
    together.send(put("/echo", "Content-Length: 5\r\nExpect: 100-continue\r\n", "hello"));
    EXPECT_EQ(together.receive().status, 200U);
    server.handler().released = false;
    raw_client impatient(server.port());
    impatient.send(put("/wait-echo", "Content-Length: 5\r\nExpect: 100-continue\r\n"));
    std::this_thread::sleep_for(50ms);
    impatient.send("hello");
    std::this_thread::sleep_for(50ms);
    server.handler().released = true;
    EXPECT_EQ(impatient.receive().status, 200U);
}

TEST(SessionBody, ContinueIsNotSentToHttp10OrWithoutABodyButForAnEmptyOne) {
    test_server server;
    raw_client old(server.port());
    old.send("PUT /echo HTTP/1.0\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_TRUE(old.silent_for(100ms));
    old.send("hi");
    EXPECT_EQ(old.receive().body, "hi");
    raw_client empty(server.port());
    empty.send(put("/echo", "Content-Length: 0\r\nExpect: 100-continue\r\n"));
    EXPECT_EQ(empty.receive().head, "HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_EQ(empty.receive().status, 200U);
    empty.send(put("/echo", "Expect: 100-continue\r\n"));
    EXPECT_EQ(empty.receive().status, 200U);
    empty.send(put("/echo", "Content-Length: 0\r\nExpect: something-else\r\n"));
    EXPECT_EQ(empty.receive().status, 200U);
}

TEST(SessionBody, ABodyCutShortIsIncomplete) {
    test_server server;
    for (const auto* fields : {"Content-Length: 10\r\n", "Transfer-Encoding: chunked\r\n"}) {
        server.handler().body_error = errc::ok;
        raw_client client(server.port());
        client.send(put("/echo", fields, "7\r\nabc"));
        client.half_close();
        const auto got = client.receive();
        EXPECT_EQ(got.header("x-error"), "incomplete_body");
        EXPECT_EQ(got.header("Connection"), "close");
        EXPECT_TRUE(client.ends_within(2s));
        EXPECT_EQ(server.handler().body_error, errc::incomplete_body);
    }
}

TEST(SessionBody, AShortUnreadBodyIsDrained) {
    options limits;
    limits.unread_body_bytes_max = 1000;
    test_server server(limits);
    raw_client client(server.port());
    client.send(put("/early", "Content-Length: 1000\r\n", pattern(1000)) + std::string(get_a));
    EXPECT_FALSE(client.receive().header("Connection"));
    EXPECT_EQ(client.receive().body, "GET /a");
    client.send(
        put("/early", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n") + std::string(get_a)
    );
    EXPECT_FALSE(client.receive().header("Connection"));
    EXPECT_EQ(client.receive().body, "GET /a");
}

TEST(SessionBody, ALongUnreadBodyClosesAndTheAnswerArrives) {
    options limits;
    limits.unread_body_bytes_max = 1000;
    test_server server(limits);
    raw_client sized(server.port());
    sized.send(put("/early", "Content-Length: 500000\r\n", pattern(500'000)) + std::string(get_a));
    const auto got = sized.receive();
    EXPECT_EQ(got.status, 403U);
    EXPECT_EQ(got.header("Connection"), "close");
    EXPECT_TRUE(sized.ends_within(4s));
    raw_client chunked(server.port());
    chunked.send(put("/early", "Transfer-Encoding: chunked\r\n", "fffff\r\n" + pattern(5000)));
    EXPECT_EQ(chunked.receive().status, 403U);
    EXPECT_TRUE(chunked.ends_within(4s));
    EXPECT_EQ(server.handler().served().size(), 2U);
}

}  // namespace
}  // namespace labstore::http
