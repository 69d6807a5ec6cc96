#include "support/http/raw_client.hpp"
#include "support/http/test_server.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace labstore::http {
namespace {

using support::raw_client;
using support::test_server;
using namespace std::chrono_literals;

constexpr std::string_view get_a = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

TEST(Session, AnswersWithTheFieldsHttpOwns) {
    test_server server;
    raw_client client(server.port());
    client.send(get_a);
    const auto got = client.receive();
    EXPECT_EQ(got.status, 200U);
    EXPECT_EQ(got.body, "GET /a");
    EXPECT_EQ(got.header("Server"), "LabStore");
    EXPECT_EQ(got.header("x-host"), "h");
    EXPECT_EQ(got.header("x-remote"), "127.0.0.1");
    EXPECT_EQ(got.header("x-amz-request-id").value().size(), 16U);
    EXPECT_EQ(got.header("x-amz-id-2"), "HOST-ID");
    EXPECT_TRUE(parse_http_date(got.header("Date").value()));
    EXPECT_EQ(got.header("Content-Length"), "6");
    EXPECT_FALSE(got.header("Connection"));
}

TEST(Session, KeepsTheConnectionAndNumbersRequestsApart) {
    test_server server;
    raw_client client(server.port());
    std::vector<std::string> ids;
    for (int i = 0; i < 50; ++i) {
        client.send(get_a);
        const auto got = client.receive();
        ASSERT_EQ(got.status, 200U);
        ids.push_back(got.header("x-amz-request-id").value());
    }
    std::sort(ids.begin(), ids.end());
    EXPECT_EQ(std::unique(ids.begin(), ids.end()), ids.end());
    EXPECT_EQ(server.service().connections(), 1U);
}

TEST(Session, AnswersPipelinedRequestsInOrder) {
    test_server server;
    raw_client client(server.port());
    client.send(
        "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"
        "PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
        "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        "\r\nGET /4 HTTP/1.1\r\nHost: h\r\n\r\n"
    );
    EXPECT_EQ(client.receive().body, "GET /1");
    EXPECT_EQ(client.receive().body, "hello");
    EXPECT_EQ(client.receive().body, "abc");
    EXPECT_EQ(client.receive().body, "GET /4");
}

TEST(Session, TakesARequestSplitAtEveryByte) {
    test_server server;
    raw_client client(server.port());
    const std::string request =
        "PUT /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nWiki\r\n0\r\nT: "
        "v\r\n\r\n";
    for (std::size_t at = 1; at < request.size(); ++at) {
        client.send(request.substr(0, at));
        std::this_thread::sleep_for(1ms);
        client.send(request.substr(at));
        ASSERT_EQ(client.receive().body, "Wiki") << at;
    }
}

TEST(Session, HeadSendsNoBody) {
    test_server server;
    raw_client client(server.port());
    client.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
    auto got = client.receive(true);
    EXPECT_EQ(got.header("Content-Length"), "7");
    client.send("HEAD /close-length HTTP/1.1\r\nHost: h\r\n\r\n");
    got = client.receive(true);
    EXPECT_EQ(got.header("Content-Length"), "5000000000");
    client.send("HEAD /big?100 HTTP/1.1\r\nHost: h\r\n\r\n");
    got = client.receive(true);
    EXPECT_EQ(got.header("Content-Length"), "100");
    client.send("HEAD /chunked HTTP/1.1\r\nHost: h\r\n\r\n");
    got = client.receive(true);
    EXPECT_EQ(got.header("Transfer-Encoding"), "chunked");
    client.send(get_a);
    EXPECT_EQ(client.receive().body, "GET /a");
}

TEST(Session, StatusesWithoutABodyHaveNoLength) {
    test_server server;
    raw_client client(server.port());
    for (const auto* target : {"/204", "/304"}) {
        client.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n");
        const auto got = client.receive();
        EXPECT_FALSE(got.header("Content-Length")) << target;
    }
    client.send(get_a);
    EXPECT_EQ(client.receive().body, "GET /a");
}

TEST(Session, ClosesWhenAsked) {
    test_server server;
    for (const auto* connection : {"close", "Close", "TE, close", "keep-alive , close"}) {
        raw_client client(server.port());
        client.send(
            "GET /a HTTP/1.1\r\nHost: h\r\nConnection: " + std::string(connection) + "\r\n\r\n" +
            std::string(get_a)
        );
        const auto got = client.receive();
        EXPECT_EQ(got.header("Connection"), "close");
        EXPECT_TRUE(client.ends_within(2s)) << connection;
    }
}

TEST(Session, Http10ClosesUnlessAskedToStay) {
    test_server server;
    raw_client closing(server.port());
    closing.send("GET /a HTTP/1.0\r\nHost: h\r\n\r\n");
    EXPECT_EQ(closing.receive().header("Connection"), "close");
    EXPECT_TRUE(closing.ends_within(2s));
    raw_client staying(server.port());
    for (int i = 0; i < 2; ++i) {
        staying.send("GET /a HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n");
        const auto got = staying.receive();
        EXPECT_EQ(got.header("Connection"), "keep-alive");
        EXPECT_EQ(got.body, "GET /a");
    }
}

TEST(Session, Http10GetsUnsizedBodiesUntilTheEnd) {
    test_server server;
    raw_client client(server.port());
    client.send("GET /chunked HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n");
    const auto got = client.receive();
    EXPECT_FALSE(got.header("Transfer-Encoding"));
    EXPECT_EQ(got.header("Connection"), "close");
    EXPECT_EQ(got.body, "  <done/>");
    EXPECT_TRUE(got.whole);
}

TEST(Session, SendsChunksOfUnknownTotal) {
    test_server server;
    raw_client client(server.port());
    client.send("GET /chunked HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto got = client.receive();
    EXPECT_EQ(got.header("Transfer-Encoding"), "chunked");
    EXPECT_EQ(got.body, "  <done/>");
    EXPECT_TRUE(got.whole);
    client.send(get_a);
    EXPECT_EQ(client.receive().body, "GET /a");
}

TEST(Session, StreamsALargeBody) {
    test_server server;
    raw_client client(server.port());
    client.send("GET /big?20000000 HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto got = client.receive();
    EXPECT_TRUE(got.whole);
    EXPECT_EQ(got.body, std::string(20'000'000, 'b'));
}

TEST(Session, AnswersAfterAHalfClose) {
    test_server server;
    raw_client client(server.port());
    client.send("PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
    client.half_close();
    EXPECT_EQ(client.receive().body, "hi");
    EXPECT_TRUE(client.ends_within(2s));
}

TEST(Session, CutsAnAbsoluteTargetToItsOriginForm) {
    test_server server;
    raw_client client(server.port());
    client.send("GET http://h:80/b/k?q HTTP/1.1\r\nHost: H\r\n\r\n");
    EXPECT_EQ(client.receive().body, "GET /b/k?q");
    client.send("GET http://h HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(client.receive().body, "GET /");
    client.send("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(client.receive().body, "OPTIONS *");
}

TEST(Session, AThrowingOrSilentHandlerIsAnInternalError) {
    test_server server;
    raw_client client(server.port());
    for (const auto* target : {"/throw", "/silent"}) {
        client.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n");
        const auto got = client.receive();
        EXPECT_EQ(got.status, 500U);
        EXPECT_EQ(got.header("x-error"), "internal");
        EXPECT_TRUE(got.body.find(got.header("x-amz-request-id").value()) != std::string::npos);
    }
    client.send(get_a);
    EXPECT_EQ(client.receive().body, "GET /a");
}

TEST(Session, APartialResponseIsCut) {
    test_server server;
    for (const auto* target : {"/part", "/throw-late"}) {
        raw_client client(server.port());
        client.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n" + std::string(get_a));
        const auto got = client.receive();
        EXPECT_FALSE(got.whole) << target;
        EXPECT_TRUE(client.was_reset()) << target;
    }
}

TEST(Session, NothingEchoedInjectsAHeader) {
    test_server server;
    raw_client client(server.port());
    client.send("GET /evil HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto got = client.receive();
    EXPECT_FALSE(got.header("Injected"));
    EXPECT_EQ(got.header("x-evil"), "a  Injected: yes    <html>");
    EXPECT_EQ(got.body, "GET /evil");
}

TEST(Session, ReportsEachRequestOnce) {
    test_server server;
    raw_client client(server.port());
    client.send("PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
    const auto got = client.receive();
    client.send("BAD\r\n\r\n");
    EXPECT_EQ(client.receive().status, 400U);
    EXPECT_TRUE(client.ends_within(4s));
    const auto log = server.handler().log();
    ASSERT_EQ(log.size(), 2U);
    EXPECT_EQ(log[0].target, "/echo");
    EXPECT_EQ(log[0].status, 200U);
    EXPECT_EQ(log[0].bytes_in, 5U);
    EXPECT_EQ(log[0].bytes_out, 5U);
    EXPECT_EQ(log[0].request_id, got.header("x-amz-request-id"));
    EXPECT_EQ(log[1].target, "");
    EXPECT_EQ(log[1].status, 400U);
}

/// Waits until `count` requests are in the handler's log.
bool finished_within(test_server& server, std::size_t count, std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (std::chrono::steady_clock::now() < end && server.handler().log().size() < count)
        std::this_thread::sleep_for(5ms);
    return server.handler().log().size() >= count;
}

TEST(Session, AHandlerCanSeeThatItsClientHasLeft) {
    test_server server;
    raw_client client(server.port());
    client.send("GET /until-gone HTTP/1.1\r\nHost: h\r\n\r\n");
    // Unread bytes of a next request do not hide the end that follows them.
    client.send("GET /next HTTP/1.1\r\nHo");
    while (server.handler().looks_at_peer.load() < 3)
        std::this_thread::sleep_for(5ms);
    EXPECT_TRUE(server.handler().log().empty());
    client.half_close();
    EXPECT_TRUE(finished_within(server, 1, 5s));
    EXPECT_EQ(server.handler().log().at(0).status, 0U);
}

}  // namespace
}  // namespace labstore::http
