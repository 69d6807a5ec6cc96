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

/// Short limits; cutting happens within a limit plus the sweeper's quarter of a second.
options short_limits() {
    options limits;
    limits.head_time_max = 300ms;
    limits.idle_time_max = 700ms;
    limits.rate_window = 400ms;
    limits.rate_floor_bytes_per_second = 10'000;
    return limits;
}

class stopwatch {
  public:
    [[nodiscard]] std::chrono::milliseconds elapsed() const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - start_
        );
    }

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

TEST(SessionLimits, AnIdleConnectionIsClosed) {
    test_server server(short_limits());
    raw_client unused(server.port());
    const stopwatch waited;
    EXPECT_TRUE(unused.ends_within(3s));
    EXPECT_GE(waited.elapsed(), 650ms);
    EXPECT_LE(waited.elapsed(), 2s);
    raw_client used(server.port());
    used.send(get_a);
    EXPECT_EQ(used.receive().status, 200U);
    const stopwatch between;
    EXPECT_TRUE(used.ends_within(3s));
    EXPECT_GE(between.elapsed(), 650ms);
    EXPECT_FALSE(used.was_reset());
}

TEST(SessionLimits, AHeadThatDripsIsAnsweredAndClosed) {
    test_server server(short_limits());
    raw_client client(server.port());
    const stopwatch watch;
    std::size_t sent = 0;
    while (sent < get_a.size() && client.silent_for(30ms))
        client.send(get_a.substr(sent++, 1));
    EXPECT_GE(sent, 5U);
    EXPECT_LT(sent, get_a.size());
    const auto got = client.receive();
    EXPECT_EQ(got.header("x-error"), "request_timeout");
    EXPECT_EQ(got.header("Connection"), "close");
    EXPECT_TRUE(client.ends_within(3s));
    EXPECT_LE(watch.elapsed(), 2s);
    EXPECT_TRUE(server.handler().served().empty());
}

TEST(SessionLimits, ASlowBodyIsATimeOut) {
    test_server server(short_limits());
    raw_client client(server.port());
    client.send("PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
    const stopwatch watch;
    while (client.silent_for(20ms))
        client.send("x");
    EXPECT_EQ(client.receive().header("x-error"), "request_timeout");
    EXPECT_GE(watch.elapsed(), 390ms);
    EXPECT_LE(watch.elapsed(), 2s);
    EXPECT_EQ(server.handler().body_error, errc::request_timeout);
    EXPECT_TRUE(client.ends_within(3s));
}

TEST(SessionLimits, ASteadyBodyAboveTheFloorIsKept) {
    test_server server(short_limits());
    raw_client client(server.port());
    client.send("PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 30000\r\n\r\n");
    const std::string piece(600, 'p');
    for (int i = 0; i < 50; ++i) {
        std::this_thread::sleep_for(30ms);
        ASSERT_TRUE(client.send(piece));
    }
    EXPECT_EQ(client.receive().body.size(), 30'000U);
}

TEST(SessionLimits, AReaderThatStopsIsCut) {
    test_server server(short_limits());
    raw_client client(server.port(), 4096);
    client.send("GET /big?50000000 HTTP/1.1\r\nHost: h\r\n\r\n");
    const stopwatch watch;
    while (server.handler().log().empty() && watch.elapsed() < 5s)
        std::this_thread::sleep_for(10ms);
    EXPECT_LE(watch.elapsed(), 3s);
    EXPECT_EQ(server.handler().write_error, errc::request_timeout);
    EXPECT_FALSE(client.receive().whole);
}

TEST(SessionLimits, ASlowHandlerIsNotHeldAgainstTheClient) {
    test_server server(short_limits());
    raw_client client(server.port());
    client.send("PUT /wait-echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
    EXPECT_TRUE(client.silent_for(1500ms));
    server.handler().released = true;
    EXPECT_EQ(client.receive().body, "hi");
}

std::string head_of_size(std::size_t size) {
    const std::string start = "GET /a HTTP/1.1\r\nHost: h\r\nA: ";
    return start + std::string(size - start.size() - 4, 'x') + "\r\n\r\n";
}

TEST(SessionLimits, TheHeadSizeLimitIsExact) {
    test_server server;
    const auto size_max = options().head_size_bytes_max;
    for (const auto size : {size_max - 1, size_max}) {
        raw_client client(server.port());
        client.send(head_of_size(size) + std::string(get_a));
        EXPECT_EQ(client.receive().status, 200U) << size;
        EXPECT_EQ(client.receive().status, 200U) << size;
    }
    for (const auto size : {size_max + 1, size_max + 1000, 2 * size_max, std::size_t{1'000'000}}) {
        raw_client client(server.port());
        client.send(head_of_size(size));
        const auto got = client.receive();
        EXPECT_EQ(got.header("x-error"), "header_too_large") << size;
        EXPECT_EQ(got.header("Connection"), "close");
        EXPECT_TRUE(client.ends_within(4s));
    }
}

TEST(SessionLimits, TheHeaderLineLimitIsExact) {
    test_server server;
    const auto lines_max = options().header_lines_max;
    for (const auto lines : {lines_max - 1, lines_max, lines_max + 1}) {
        raw_client client(server.port());
        std::string head = "GET /a HTTP/1.1\r\nHost: h\r\n";
        for (std::size_t i = 1; i < lines; ++i)
            head += "A: b\r\n";
        client.send(head + "\r\n");
        const auto got = client.receive();
        EXPECT_EQ(got.status, lines > lines_max ? 400U : 200U) << lines;
        EXPECT_EQ(got.header("x-error").value_or(""), lines > lines_max ? "header_too_large" : "") << lines;
    }
}

TEST(SessionLimits, ConnectionsPastTheLimitGetSlowDown) {
    test_server server({}, 3);
    std::vector<std::unique_ptr<raw_client>> clients;
    for (int i = 0; i < 3; ++i) {
        clients.push_back(std::make_unique<raw_client>(server.port()));
        clients.back()->send(get_a);
        ASSERT_EQ(clients.back()->receive().status, 200U);
    }
    EXPECT_EQ(server.listener().connections().used(), 3U);
    raw_client refused(server.port());
    const auto got = refused.receive();
    EXPECT_EQ(got.status, 503U);
    EXPECT_EQ(got.header("x-error"), "slow_down");
    EXPECT_EQ(got.header("Connection"), "close");
    EXPECT_TRUE(got.whole);
    EXPECT_TRUE(refused.ends_within(2s));
    EXPECT_EQ(server.listener().connections().refused(), 1U);
    clients.pop_back();
    const stopwatch watch;
    while (server.listener().connections().used() == 3 && watch.elapsed() < 3s)
        std::this_thread::sleep_for(5ms);
    raw_client next(server.port());
    next.send(get_a);
    EXPECT_EQ(next.receive().status, 200U);
}

std::size_t resident_bytes() {
    std::size_t pages = 0;
    std::size_t resident = 0;
    auto* file = std::fopen("/proc/self/statm", "r");
    if (std::fscanf(file, "%zu %zu", &pages, &resident) != 2)
        resident = 0;
    std::fclose(file);
    return resident * 4096;
}

TEST(SessionLimits, AnIdleConnectionIsCheap) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a sanitizer's own memory would be counted";
#endif
    constexpr std::size_t count = 400;
    test_server server({}, count + 10);
    std::vector<std::unique_ptr<raw_client>> clients;
    const auto connect_all = [&] {
        for (std::size_t i = 0; i < count; ++i) {
            clients.push_back(std::make_unique<raw_client>(server.port()));
            clients.back()->send(get_a);
            ASSERT_EQ(clients.back()->receive().status, 200U);
        }
    };
    const auto before = resident_bytes();
    connect_all();
    const auto after = resident_bytes();
    EXPECT_EQ(server.service().connections(), count);
    // The clients live in this process too.
    const auto each = (after - std::min(before, after)) / count;
    RecordProperty("resident_bytes_per_connection", static_cast<int>(each));
    EXPECT_LE(each, 16 * KiB);
}

}  // namespace
}  // namespace labstore::http
