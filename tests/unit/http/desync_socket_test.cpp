#include "support/http/raw_client.hpp"
#include "support/http/test_server.hpp"
#include "unit/http/desync_cases.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace labstore::http {
namespace {

using support::raw_client;
using support::test_server;
using namespace std::chrono_literals;

constexpr std::string_view canary = "GET /canary HTTP/1.1\r\nHost: h\r\n\r\n";

/// A body that a wrong reading would take for a request.
constexpr std::string_view smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

/// One that does not end with an empty line of its own has to be ended, or the server would rightly wait for more.
std::string on_the_wire(const desync_case& each) {
    return each.head + std::string(each.head.ends_with("\r\n\r\n") ? "" : "\r\n\r\n") +
           std::string(smuggled) + std::string(canary);
}

void expect_refused_and_closed(test_server& server, raw_client& client, const std::string& sent) {
    const auto got = client.receive();
    EXPECT_EQ(got.status, 400U) << sent;
    EXPECT_EQ(got.header("Connection"), "close") << sent;
    EXPECT_TRUE(client.ends_within(5s)) << sent;
    EXPECT_TRUE(server.handler().served().empty()) << sent;
}

TEST(DesyncOverASocket, EveryCaseIsRefusedAndNoCanaryIsAnswered) {
    test_server server;
    for (const auto& each : desync_cases()) {
        // The gate judges whole heads; what merely lacks its end, or is no head at all, is the scanner's.
        if (each.head.empty() || each.head == "GET / HTTP/1.1" || each.head == "GET / HTTP/1.1\r\nHost: h" ||
            each.head == "GET / HTTP/1.1\r\nHost: h\r\n" || each.head.ends_with("\r\n\r\nX"))
            continue;
        const auto sent = on_the_wire(each);
        raw_client client(server.port());
        client.send(sent);
        expect_refused_and_closed(server, client, sent);
    }
}

TEST(DesyncOverASocket, KeyCasesSplitAtEveryByte) {
    test_server server;
    const std::vector<std::string> fields = {
        "Transfer-Encoding: identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 4",
        "Content-Length: 4\r\nContent-Length: 4",
        "Content-Length: 4, 4",
        "Content-Length: +4",
        "Content-Length : 4",
        "A: b\r\n Content-Length: 4",
        "Host: h",
        "A: b\rContent-Length: 4",
        "A: b\nContent-Length: 4",
    };
    for (const auto& each : fields) {
        const auto head = with_fields(each);
        const auto sent = head + std::string(smuggled) + std::string(canary);
        // Many at once, since each needs a moment between its halves.
        std::vector<std::unique_ptr<raw_client>> clients;
        for (std::size_t at = 1; at <= head.size(); ++at) {
            clients.push_back(std::make_unique<raw_client>(server.port()));
            clients.back()->send(sent.substr(0, at));
        }
        std::this_thread::sleep_for(5ms);
        for (std::size_t at = 1; at <= head.size(); ++at) {
            clients[at - 1]->send(sent.substr(at));
            expect_refused_and_closed(server, *clients[at - 1], sent);
        }
    }
}

TEST(DesyncOverASocket, GoodRequestsSplitAtEveryByteAnswerTheCanaryInTurn) {
    test_server server;
    const std::vector<std::string> requests = {
        "PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 35\r\n\r\n" + std::string(smuggled),
        "PUT /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n23\r\n" + std::string(smuggled) +
            "\r\n0\r\n\r\n",
    };
    ASSERT_EQ(smuggled.size(), 35U);
    std::size_t rounds = 0;
    for (const auto& request : requests) {
        const auto sent = request + std::string(canary);
        std::vector<std::unique_ptr<raw_client>> clients;
        for (std::size_t at = 1; at < sent.size(); ++at) {
            clients.push_back(std::make_unique<raw_client>(server.port()));
            clients.back()->send(sent.substr(0, at));
        }
        std::this_thread::sleep_for(5ms);
        for (std::size_t at = 1; at < sent.size(); ++at) {
            auto& client = *clients[at - 1];
            client.send(sent.substr(at));
            ASSERT_EQ(client.receive().body, smuggled) << at;
            ASSERT_EQ(client.receive().body, "GET /canary") << at;
            ++rounds;
        }
    }
    EXPECT_EQ(server.handler().served().size(), 2 * rounds);
}

TEST(DesyncOverASocket, OneEmptyLineBeforeARequestIsForgivenAndNoMore) {
    test_server server;
    raw_client client(server.port());
    client.send("\r\n" + std::string(canary));
    EXPECT_EQ(client.receive().body, "GET /canary");
    client.send("\r");
    std::this_thread::sleep_for(5ms);
    client.send("\n");
    std::this_thread::sleep_for(5ms);
    client.send(canary);
    EXPECT_EQ(client.receive().body, "GET /canary");
    client.send("\r\n\r\n" + std::string(canary));
    EXPECT_EQ(client.receive().status, 400U);
    EXPECT_TRUE(client.ends_within(4s));
    raw_client bare(server.port());
    bare.send("\n" + std::string(canary));
    EXPECT_EQ(bare.receive().status, 400U);
    raw_client half(server.port());
    half.send("\rG" + std::string(canary));
    EXPECT_EQ(half.receive().status, 400U);
}

}  // namespace
}  // namespace labstore::http
