#include "support/http/raw_client.hpp"
#include "support/http/test_server.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace labstore::http {
namespace {

using support::raw_client;
using support::test_server;
using namespace std::chrono_literals;

constexpr std::string_view get_a = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

void wait_for_served(test_server& server, std::size_t count) {
    for (int i = 0; i < 1000 && server.handler().served().size() < count; ++i)
        std::this_thread::sleep_for(5ms);
    ASSERT_EQ(server.handler().served().size(), count);
}

TEST(ServiceDrain, EndsIdleConnectionsAtOnceAndLetsRequestsFinish) {
    test_server server({}, 100, 2);
    raw_client idle(server.port());
    idle.send(get_a);
    ASSERT_EQ(idle.receive().status, 200U);
    raw_client fresh(server.port());
    raw_client busy(server.port());
    busy.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    wait_for_served(server, 2);
    EXPECT_EQ(server.service().requests_in_flight(), 1U) << "one of three connections is busy";
    EXPECT_EQ(server.listener().statistics().accepted, 3U);
    server.listener().stop();
    server.service().begin_drain();
    EXPECT_TRUE(idle.ends_within(200ms));
    EXPECT_FALSE(idle.was_reset());
    EXPECT_TRUE(fresh.ends_within(200ms));
    auto drained = std::async(std::launch::async, [&] { return server.service().finish_drain(5s); });
    EXPECT_EQ(drained.wait_for(50ms), std::future_status::timeout);
    server.handler().released = true;
    const auto got = busy.receive();
    EXPECT_EQ(got.status, 200U);
    EXPECT_EQ(got.header("Connection"), "close");
    EXPECT_TRUE(drained.get());
    EXPECT_EQ(server.service().connections(), 0U);
    EXPECT_EQ(server.service().requests_in_flight(), 0U);
}

TEST(ServiceDrain, CutsWhatDoesNotEndInTime) {
    test_server server;
    raw_client stuck(server.port());
    stuck.send("PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
    wait_for_served(server, 1);
    server.listener().stop();
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(server.service().finish_drain(100ms));
    EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
    EXPECT_EQ(server.service().connections(), 0U);
    EXPECT_EQ(server.handler().body_error, errc::cancelled);
}

TEST(ServiceDrain, ServesARequestThatHasArrivedAndClosesKeepAlive) {
    test_server server;
    raw_client pipelined(server.port());
    pipelined.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    wait_for_served(server, 1);
    server.service().begin_drain();
    server.handler().released = true;
    const auto got = pipelined.receive();
    EXPECT_EQ(got.header("Connection"), "close");
    EXPECT_TRUE(pipelined.ends_within(2s));
    // The listener still runs: a connection that comes late gets its one answer or an orderly end.
    raw_client late(server.port());
    late.send(get_a);
    const auto answer = late.receive();
    EXPECT_TRUE(answer.status == 0 || answer.header("Connection") == "close");
}

TEST(ServiceDrain, WithoutConnectionsNeedsNoRunningThreads) {
    support::echo_handler handler;
    runtime::io_threads threads(2);
    const auto unused = make_service({}, {"LabStore", "HOST-ID"}, threads, handler);
    EXPECT_TRUE(unused->finish_drain(0ms));
}

}  // namespace
}  // namespace labstore::http
