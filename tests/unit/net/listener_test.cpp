#include "labstore/net.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <thread>

namespace labstore::net {
namespace {

using namespace std::chrono_literals;

/// Keeps what it is given, as a server would.
class keeping_sink final : public connection_sink {
  public:
    void on_connection(socket peer, runtime::limit::holding counted) override {
        const std::lock_guard lock(mutex_);
        threads_[std::this_thread::get_id()]++;
        error_code failure;
        asio::ip::tcp::no_delay no_delay;
        peer.get_option(no_delay, failure);
        properly_set_ = properly_set_ && no_delay.value() && peer.non_blocking() &&
                        (::fcntl(peer.native_handle(), F_GETFD) & FD_CLOEXEC) != 0;
        kept_.push_back({std::move(peer), std::move(counted)});
    }

    void on_refused(socket) override {
        const std::lock_guard lock(mutex_);
        ++refused_;
    }

    struct counts {
        std::size_t kept = 0;
        std::size_t refused = 0;
        std::size_t threads = 0;
        bool properly_set = true;
    };

    [[nodiscard]] counts now() {
        const std::lock_guard lock(mutex_);
        return {kept_.size(), refused_, threads_.size(), properly_set_};
    }

    /// True once as many connections have been handed over.
    [[nodiscard]] bool reaches(std::size_t kept, std::size_t refused) {
        for (int i = 0; i < 600; ++i) {
            const auto seen = now();
            if (seen.kept >= kept && seen.refused >= refused)
                return seen.kept == kept && seen.refused == refused;
            std::this_thread::sleep_for(5ms);
        }
        return false;
    }

    void drop_all() {
        const std::lock_guard lock(mutex_);
        kept_.clear();
    }

  private:
    struct kept_connection {
        socket peer;
        runtime::limit::holding counted;
    };

    std::mutex mutex_;
    std::vector<kept_connection> kept_;
    std::map<std::thread::id, int> threads_;
    std::size_t refused_ = 0;
    bool properly_set_ = true;
};

unique_fd connect_to(std::uint16_t port) {
    unique_fd made(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
        made.reset();
    return made;
}

class Listener : public ::testing::Test {
  protected:
    explicit Listener(std::size_t thread_count = 2) : threads(thread_count) { threads.start(); }

    /// The sink is emptied first, since what it keeps is counted by the listener.
    void TearDown() override {
        if (listening)
            listening->stop();
        sink.drop_all();
        listening.reset();
    }

    void listen_on(options settings) {
        auto made = listen(settings, threads, sink);
        ASSERT_TRUE(made) << made.error().message();
        listening = std::move(*made);
    }

    keeping_sink sink;
    runtime::io_threads threads;
    std::unique_ptr<listener> listening;
};

TEST_F(Listener, AFreePortIsSharedByAllThreads) {
    listen_on({.port = 0});
    ASSERT_NE(listening->port(), 0);
    std::vector<unique_fd> clients;
    for (int i = 0; i < 100; ++i) {
        clients.push_back(connect_to(listening->port()));
        ASSERT_TRUE(clients.back());
    }
    ASSERT_TRUE(sink.reaches(100, 0));
    EXPECT_EQ(sink.now().threads, 2U);
    EXPECT_TRUE(sink.now().properly_set);
    EXPECT_EQ(listening->connections().used(), 100U);
    EXPECT_EQ(listening->connections().name(), "connections");
    sink.drop_all();
    EXPECT_EQ(listening->connections().used(), 0U);
}

TEST_F(Listener, APortInUseIsAnErrorAndAFreedOneIsNot) {
    listen_on({.port = 0});
    options same;
    same.port = listening->port();
    auto second = listen(same, threads, sink);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error(), boost::system::errc::address_in_use);
    // A connection of ours in TIME_WAIT must not keep a restarted server from its port.
    const auto client = connect_to(listening->port());
    ASSERT_TRUE(sink.reaches(1, 0));
    listening->stop();
    sink.drop_all();
    listening.reset();
    listen_on(same);
    EXPECT_EQ(listening->port(), same.port);
}

TEST_F(Listener, PastTheLimitConnectionsAreRefusedUntilOneEnds) {
    listen_on({.port = 0, .connections_max = 2});
    std::vector<unique_fd> clients;
    for (int i = 0; i < 5; ++i)
        clients.push_back(connect_to(listening->port()));
    ASSERT_TRUE(sink.reaches(2, 3));
    EXPECT_EQ(listening->connections().refused(), 3U);
    EXPECT_EQ(listening->statistics().accepted, 5U);
    EXPECT_EQ(listening->statistics().exhausted, 0U);
    sink.drop_all();
    clients.push_back(connect_to(listening->port()));
    EXPECT_TRUE(sink.reaches(1, 3));
}

TEST_F(Listener, StopHandsOverWhatHasConnectedAndTakesNoMore) {
    listen_on({.port = 0});
    std::vector<unique_fd> clients;
    for (int i = 0; i < 20; ++i)
        clients.push_back(connect_to(listening->port()));
    listening->stop();
    EXPECT_EQ(sink.now().kept, 20U);
    EXPECT_FALSE(connect_to(listening->port()));
    listening->stop();
}

TEST_F(Listener, ListensOnNamesAndIpv6Literals) {
    listen_on({.host = "localhost", .port = 0});
    EXPECT_TRUE(connect_to(listening->port()));
    listening->stop();
    sink.drop_all();
    for (const char* host : {"::1", "[::1]"}) {
        auto made = listen({.host = host, .port = 0}, threads, sink);
        // Machines without IPv6 exist; then the error is the system's.
        if (made)
            EXPECT_NE((*made)->port(), 0);
        else
            EXPECT_EQ(made.error(), boost::system::errc::address_not_available) << made.error().message();
    }
    EXPECT_FALSE(listen({.host = "no-such-host.invalid", .port = 0}, threads, sink));
    EXPECT_FALSE(listen({.host = "203.0.113.1", .port = 0}, threads, sink));
}

TEST_F(Listener, OutOfDescriptorsItWaitsAndGoesOn) {
    listen_on({.port = 0});
    std::vector<unique_fd> clients;
    for (int i = 0; i < 4; ++i)
        clients.emplace_back(::socket(AF_INET, SOCK_STREAM, 0));
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    auto none_left = before;
    none_left.rlim_cur = 3;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none_left), 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(listening->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (const auto& client : clients)
        EXPECT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    std::this_thread::sleep_for(200ms);
    EXPECT_EQ(sink.now().kept, 0U);
    EXPECT_GT(listening->statistics().exhausted, 0U);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_TRUE(sink.reaches(4, 0));
    EXPECT_EQ(listening->statistics().accepted, 4U);
}

}  // namespace
}  // namespace labstore::net
