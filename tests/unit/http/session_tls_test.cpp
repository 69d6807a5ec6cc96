// Sessions where the server speaks HTTPS: the same behaviour over TLS, and how connections begin and end.
#include "support/http/secure_client.hpp"
#include "support/http/test_server.hpp"
#include "support/net/test_certificate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <thread>

namespace labstore::http {
namespace {

using namespace std::chrono_literals;
using support::raw_client;
using support::secure_client;
using support::tls_client;
using testing::ElementsAre;
using testing::HasSubstr;

std::string random_text(std::size_t size, unsigned seed) {
    std::mt19937 random(seed);
    std::string text(size, ' ');
    for (auto& c : text)
        c = static_cast<char>(random());
    return text;
}

class SecureSession : public testing::Test {
  protected:
    support::test_server& start(options limits = {}, std::chrono::milliseconds handshake_time_max = 10s) {
        net::tls_options settings;
        settings.certificate_file = files_.certificate_file();
        settings.key_file = files_.key_file();
        settings.handshake_time_max = handshake_time_max;
        auto made = net::make_tls_server(settings);
        LABSTORE_ASSERT(made.has_value());
        tls_ = std::move(*made);
        server_ = std::make_unique<support::test_server>(limits, connections_max_, 1, tls_.get());
        return *server_;
    }

    /// True once `says` does, within ten seconds.
    template <typename Says>
    static bool comes_true(Says says) {
        for (int i = 0; i < 1000 && !says(); ++i)
            std::this_thread::sleep_for(10ms);
        return says();
    }

    std::uint64_t connections_max_ = 1024;
    support::test_certificate files_;
    tls_client tls_side_{{}};
    std::unique_ptr<net::tls_server> tls_;
    std::unique_ptr<support::test_server> server_;
};

TEST_F(SecureSession, AnswersAndStays) {
    start();
    secure_client client(server_->port(), tls_side_);
    ASSERT_TRUE(client.secured());
    for (int i = 0; i < 50; ++i) {
        client.send("GET /b/k?q=" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n");
        const auto got = client.receive();
        ASSERT_EQ(got.status, 200U);
        EXPECT_EQ(got.body, "GET /b/k?q=" + std::to_string(i));
        EXPECT_EQ(got.header("x-secure"), "yes");
    }
    EXPECT_EQ(tls_->statistics().handshakes, 1U);
}

TEST_F(SecureSession, PlainHttpIsNotSecure) {
    support::test_server plain;
    raw_client client(plain.port());
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(client.receive().header("x-secure"), "no");
}

/// All of them come in one record: the socket has nothing more when the second is read.
TEST_F(SecureSession, RequestsThatShareARecord) {
    start();
    secure_client client(server_->port(), tls_side_);
    std::string requests;
    for (int i = 0; i < 20; ++i)
        requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
    client.send(requests);
    for (int i = 0; i < 20; ++i)
        ASSERT_EQ(client.receive().body, "GET /" + std::to_string(i));
}

TEST_F(SecureSession, BodiesPassBothWays) {
    start();
    secure_client client(server_->port(), tls_side_);
    for (const std::size_t size : {0U, 1U, 16'383U, 16'384U, 16'385U, 100'000U, 3'000'000U}) {
        const auto sent = random_text(size, static_cast<unsigned>(size));
        // The echo begins when the body has come, so neither side waits for the other to read.
        client.send(
            "PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" + sent
        );
        const auto got = client.receive();
        ASSERT_EQ(got.status, 200U);
        ASSERT_TRUE(got.whole);
        EXPECT_TRUE(got.body == sent) << size;
    }
}

TEST_F(SecureSession, ChunkedBodiesPass) {
    start();
    secure_client client(server_->port(), tls_side_);
    client.send("GET /chunked HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto got = client.receive();
    EXPECT_TRUE(got.whole);
    EXPECT_EQ(got.body, "  <done/>");
    const auto piece = random_text(40'000, 3);
    client.send("PUT /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send("9C40\r\n" + piece + "\r\n3\r\nend\r\n0\r\n\r\n");
    EXPECT_TRUE(client.receive().body == piece + "end");
}

TEST_F(SecureSession, ContinueIsAnswered) {
    start();
    secure_client client(server_->port(), tls_side_);
    client.send("PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.receive().status, 100U);
    client.send("body");
    EXPECT_EQ(client.receive().body, "body");
}

TEST_F(SecureSession, FilesArriveAsTheyAre) {
    start();
    const auto path = files_.certificate_file() + ".data";
    for (const std::size_t size : {1U, 4'096U, 16'000U, 70'000U, 1'000'007U}) {
        const auto sent = random_text(size, static_cast<unsigned>(size));
        std::ofstream(path, std::ios::binary) << sent;
        server_->handler().file_path = path;
        secure_client client(server_->port(), tls_side_);
        client.send("GET /file HTTP/1.1\r\nHost: h\r\n\r\n");
        const auto got = client.receive();
        ASSERT_TRUE(got.whole);
        EXPECT_TRUE(got.body == sent) << size;
    }
}

/// The socket takes a part of a record at a time.
TEST_F(SecureSession, SlowReadersGetTheirBytes) {
    start();
    const auto path = files_.certificate_file() + ".data";
    const auto sent = random_text(9'000'000, 5);
    std::ofstream(path, std::ios::binary) << sent;
    server_->handler().file_path = path;
    secure_client client(server_->port(), tls_side_, false, 4096);
    client.send("GET /file HTTP/1.1\r\nHost: h\r\n\r\n");
    std::this_thread::sleep_for(100ms);  // so that the server has to wait
    auto got = client.receive();
    EXPECT_TRUE(got.whole && got.body == sent);
    EXPECT_GT(server_->handler().file_turns, 1);
    client.send("GET /big?9000000 HTTP/1.1\r\nHost: h\r\n\r\n");
    std::this_thread::sleep_for(100ms);
    got = client.receive();
    EXPECT_TRUE(got.whole && got.body == std::string(9'000'000, 'b'));
}

TEST_F(SecureSession, TheEndIsTold) {
    start();
    secure_client client(server_->port(), tls_side_);
    client.send("GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(client.receive().status, 200U);
    EXPECT_TRUE(client.ends_within(5s));
    EXPECT_TRUE(tls_side_.was_told_of_the_end());
}

TEST_F(SecureSession, APartIsNotTakenForTheWhole) {
    start();
    secure_client client(server_->port(), tls_side_);
    client.send("GET /part HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto got = client.receive();
    EXPECT_FALSE(got.whole);
    EXPECT_TRUE(client.was_reset());
    EXPECT_FALSE(tls_side_.was_told_of_the_end());
}

TEST_F(SecureSession, ABodyThatBreaksOffIsIncomplete) {
    start();
    {
        secure_client client(server_->port(), tls_side_);
        client.send("PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf");
    }
    EXPECT_TRUE(comes_true([this] { return server_->handler().body_error == errc::incomplete_body; }));
}

TEST_F(SecureSession, ResumedSessionsAreServed) {
    start();
    {
        secure_client client(server_->port(), tls_side_);
        client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
        ASSERT_EQ(client.receive().status, 200U);
        tls_side_.keep_session();
    }
    secure_client client(server_->port(), tls_side_, true);
    client.send("GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(client.receive().body, "GET /b");
    EXPECT_TRUE(tls_side_.resumed());
    EXPECT_EQ(tls_->statistics().resumed, 1U);
}

TEST_F(SecureSession, PlainHttpIsToldSo) {
    start();
    for (const std::string_view method : {"GET", "DELETE", "PUT"}) {
        raw_client client(server_->port());
        client.send(std::string(method) + " /b/k HTTP/1.1\r\nHost: h\r\n\r\n");
        const auto got = client.receive();
        EXPECT_EQ(got.status, 400U);
        EXPECT_TRUE(got.whole);
        EXPECT_THAT(got.body, HasSubstr("HTTPS"));
        EXPECT_EQ(got.header("Connection"), "close");
        client.half_close();
        EXPECT_TRUE(client.ends_within(5s));
    }
    EXPECT_THAT(server_->handler().served(), ElementsAre()) << "nothing of it is a request";
}

TEST_F(SecureSession, OtherProtocolsAreClosed) {
    start();
    for (const std::string_view bytes :
         {"\x80\x2e\x01", "ssh-2.0", "\x17\x03\x03", " GET / HTTP/1.1\r\n\r\n"}) {
        raw_client client(server_->port());
        client.send(bytes);
        EXPECT_EQ(client.receive_all(), "");
    }
}

TEST_F(SecureSession, GarbageDoesNotDisturbOthers) {
    start();
    secure_client good(server_->port(), tls_side_);
    std::mt19937 random(11);
    for (int i = 0; i < 200; ++i) {
        raw_client bad(server_->port());
        auto bytes = random_text(1 + random() % 600, static_cast<unsigned>(i));
        bytes[0] = 0x16;
        bad.send(bytes);
        bad.half_close();
        static_cast<void>(bad.receive_all());
    }
    good.send("GET /still HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(good.receive().body, "GET /still");
    EXPECT_TRUE(comes_true([this] { return server_->service().connections() == 1; }));
}

TEST_F(SecureSession, SlowHandshakesAreCut) {
    start({}, 300ms);
    raw_client silent(server_->port());
    raw_client halting(server_->port());
    halting.send("\x16\x03\x01\x02");
    EXPECT_TRUE(silent.ends_within(5s));
    EXPECT_TRUE(halting.ends_within(5s));
    EXPECT_TRUE(comes_true([this] { return server_->listener().connections().used() == 0; }));
    EXPECT_EQ(tls_->statistics().handshakes_failed, 1U) << "the silent one began none";
}

/// The limit of the handshake is over with it.
TEST_F(SecureSession, IdleConnectionsHaveTheirOwnLimit) {
    start({}, 300ms);
    secure_client client(server_->port(), tls_side_);
    ASSERT_TRUE(client.secured());
    std::this_thread::sleep_for(1s);
    client.send("GET /late HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(client.receive().body, "GET /late");
}

TEST_F(SecureSession, HandshakesCountAgainstTheLimit) {
    connections_max_ = 2;
    start();
    raw_client first(server_->port());
    raw_client second(server_->port());
    ASSERT_TRUE(comes_true([this] { return server_->listener().connections().used() == 2; }));
    raw_client third(server_->port());
    EXPECT_EQ(third.receive_all(), "");
    first.close();
    EXPECT_TRUE(comes_true([this] { return server_->listener().connections().used() == 1; }));
    secure_client fourth(server_->port(), tls_side_);
    EXPECT_TRUE(fourth.secured());
}

TEST_F(SecureSession, ADrainServesWhatHasArrivedAndEndsTheRest) {
    start();
    raw_client shaking(server_->port());
    shaking.send("\x16\x03\x01\x02");
    tls_client idle_side({});
    secure_client idle(server_->port(), idle_side);
    secure_client busy(server_->port(), tls_side_);
    busy.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(comes_true([this] { return !server_->handler().served().empty(); }));
    server_->listener().stop();
    server_->service().begin_drain();
    EXPECT_TRUE(idle.ends_within(5s));
    EXPECT_TRUE(idle_side.was_told_of_the_end());
    EXPECT_TRUE(shaking.ends_within(5s));
    server_->handler().released = true;
    const auto got = busy.receive();
    EXPECT_TRUE(got.whole);
    EXPECT_EQ(got.header("Connection"), "close");
    EXPECT_TRUE(server_->service().finish_drain(5s));
}

TEST_F(SecureSession, AStormOfHandshakesIsServed) {
    start();
    std::vector<std::thread> clients;
    std::atomic<int> answered{0};
    for (int i = 0; i < 8; ++i)
        clients.emplace_back([&] {
            tls_client side({});
            for (int turn = 0; turn < 20; ++turn) {
                secure_client client(server_->port(), side);
                client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
                if (client.receive().status == 200)
                    ++answered;
            }
        });
    for (auto& each : clients)
        each.join();
    EXPECT_EQ(answered, 160);
    EXPECT_EQ(tls_->statistics().handshakes, 160U);
}

}  // namespace
}  // namespace labstore::http
