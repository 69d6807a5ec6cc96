#include "server/instance.hpp"
#include "temporary_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace labstore::server {
namespace {

using ::testing::HasSubstr;

class Instance : public ::testing::Test {
  protected:
    Instance() {
        settings_.storage_path = folder_.inside("data");
        settings_.listener.port = 0;
        settings_.threads = 2;
        settings_.blocking.threads = 2;
        settings_.drain_time_max = std::chrono::seconds(5);
    }

    attempt<std::unique_ptr<instance>> start() {
        return instance::start(settings_, [this](const std::string& line) { said_ += line + "\n"; });
    }

    /// The whole answer of one request on a connection of its own.
    static std::string ask(std::uint16_t port, const std::string& target) {
        const unique_fd peer(::socket(AF_INET, SOCK_STREAM, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(peer.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
            return "refused";
        const std::string request =
            "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        if (::send(peer.get(), request.data(), request.size(), 0) != static_cast<ssize_t>(request.size()))
            return "cut";
        std::string answer;
        char room[4096];
        for (ssize_t got = 0; (got = ::recv(peer.get(), room, sizeof(room), 0)) > 0;)
            answer.append(room, static_cast<std::size_t>(got));
        return answer;
    }

    const temporary_folder folder_;
    config::settings settings_;
    std::string said_;
};

TEST_F(Instance, ServesHealthMetricsAndS3UntilStopped) {
    auto running = start();
    ASSERT_TRUE(running) << running.error().message;
    const std::uint16_t port = (*running)->port();
    ASSERT_NE(port, 0);
    EXPECT_THAT(ask(port, "/-/health/live"), HasSubstr("200 OK"));
    EXPECT_THAT(ask(port, "/-/health/ready"), HasSubstr("\"ready\""));
    EXPECT_THAT(ask(port, "/-/metrics"), HasSubstr("labstore_build_info{version=\""));
    EXPECT_THAT(ask(port, "/"), HasSubstr("<Code>AccessDenied</Code>"));
    EXPECT_EQ((*running)->pprof_port(), 0);
    EXPECT_EQ((*running)->website_port(), 0);
    const auto stopped = (*running)->stop();
    EXPECT_TRUE(stopped) << stopped.error().message;
    EXPECT_EQ(ask(port, "/-/health/live"), "refused");
}

/// Support asks for both ids, and clients read them in either place.
TEST_F(Instance, ErrorDocumentsRepeatTheHostIdOfTheHead) {
    auto running = start();
    ASSERT_TRUE(running) << running.error().message;
    const auto answer = ask((*running)->port(), "/");
    const std::string name = "\r\nx-amz-id-2: ";
    const auto at = answer.find(name);
    ASSERT_NE(at, std::string::npos) << answer;
    const auto begin = at + name.size();
    const auto host_id = answer.substr(begin, answer.find('\r', begin) - begin);
    EXPECT_GT(host_id.size(), 16U);
    EXPECT_THAT(answer, HasSubstr("<HostId>" + host_id + "</HostId>"));
    EXPECT_TRUE((*running)->stop());
}

TEST_F(Instance, ShowsTheNewCredentialOnce) {
    {
        auto first = start();
        ASSERT_TRUE(first) << first.error().message;
        EXPECT_THAT(said_, HasSubstr("secret key: "));
        EXPECT_TRUE((*first)->stop());
    }
    said_.clear();
    auto second = start();
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_EQ(said_, "");
    EXPECT_TRUE((*second)->stop());
}

TEST_F(Instance, ProfilingHasAListenerOfItsOwn) {
    settings_.pprof = true;
    settings_.pprof_port = 0;
    auto running = start();
    ASSERT_TRUE(running) << running.error().message;
    EXPECT_THAT(ask((*running)->pprof_port(), "/debug/pprof/symbol"), HasSubstr("num_symbols: 1"));
    EXPECT_THAT(ask((*running)->port(), "/debug/pprof/symbol"), HasSubstr("<Error>"));
    EXPECT_TRUE((*running)->stop());
}

TEST_F(Instance, AStartThatFailsUndoesItself) {
    auto first = start();
    ASSERT_TRUE(first) << first.error().message;
    const auto same_path = start();
    ASSERT_FALSE(same_path);
    EXPECT_THAT(same_path.error().message, HasSubstr("in use"));

    settings_.listener.port = (*first)->port();
    settings_.storage_path = folder_.inside("other");
    {
        const auto same_port = start();
        ASSERT_FALSE(same_port);
        EXPECT_THAT(same_port.error().message, HasSubstr("cannot listen on http://127.0.0.1:"));
    }
    settings_.listener.port = 0;
    auto after = start();
    ASSERT_TRUE(after) << after.error().message;
    EXPECT_TRUE((*after)->stop());
    EXPECT_TRUE((*first)->stop());
}

TEST_F(Instance, DroppingARunningOneEndsIt) {
    std::uint16_t port = 0;
    {
        auto running = start();
        ASSERT_TRUE(running) << running.error().message;
        port = (*running)->port();
    }
    EXPECT_EQ(ask(port, "/-/health/live"), "refused");
}

}  // namespace
}  // namespace labstore::server
