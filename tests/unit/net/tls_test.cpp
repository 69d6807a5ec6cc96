#include "labstore/net/tls.hpp"

#include "support/net/test_certificate.hpp"
#include "support/net/tls_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/socket.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

namespace labstore::net {
namespace {

using support::test_certificate;
using support::tls_client;
using testing::HasSubstr;
using need = tls_link::need;

tls_options options_of(const test_certificate& files) {
    tls_options settings;
    settings.certificate_file = files.certificate_file();
    settings.key_file = files.key_file();
    return settings;
}

/// Both ends of a connection on one thread; neither blocks.
class TlsLink : public testing::Test {
  protected:
    TlsLink() {
        auto made = make_tls_server(options_of(files_));
        LABSTORE_ASSERT(made.has_value());
        server_ = std::move(*made);
        connect();
    }

    void connect(bool again = false) {
        link_.reset();
        std::array<int, 2> ends{};
        LABSTORE_ASSERT(
            ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0
        );
        client_end_ = unique_fd(ends[0]);
        server_end_ = unique_fd(ends[1]);
        link_ = server_->link(server_end_.get());
        client_.attach(client_end_.get(), again);
    }

    /// The server's last step.
    need shake() {
        auto last = need::readable;
        for (int i = 0; i < 20 && last == need::readable; ++i) {
            client_.connect();
            last = link_->handshake().what;
        }
        return last;
    }

    /// All that there is to read now.
    std::string read_all() {
        std::string all;
        std::array<std::byte, 5000> room;
        while (true) {
            const auto step = link_->read(room);
            if (step.what != need::nothing)
                return all;
            all += as_text(std::span(room).first(step.bytes));
        }
    }

    test_certificate files_;
    std::unique_ptr<tls_server> server_;
    tls_client client_{{}};
    unique_fd client_end_;
    unique_fd server_end_;
    std::unique_ptr<tls_link> link_;
};

TEST_F(TlsLink, CarriesBytesBothWays) {
    ASSERT_EQ(shake(), need::nothing);
    EXPECT_TRUE(link_->established());
    EXPECT_EQ(client_.version(), "TLSv1.3");
    ASSERT_TRUE(client_.write("to the server"));
    EXPECT_EQ(read_all(), "to the server");
    const auto step = link_->write(as_bytes("to the client"), false);
    EXPECT_EQ(step.what, need::nothing);
    EXPECT_EQ(step.bytes, 13U);
    EXPECT_EQ(client_.read(100), "to the client");
}

TEST_F(TlsLink, SaysWhatToWaitFor) {
    EXPECT_EQ(link_->handshake().what, need::readable);
    ASSERT_EQ(shake(), need::nothing);
    std::array<std::byte, 10> room;
    EXPECT_EQ(link_->read(room).what, need::readable);
    EXPECT_FALSE(link_->has_unread());
}

TEST_F(TlsLink, KnowsOfBytesThatTheSocketHasNoMore) {
    ASSERT_EQ(shake(), need::nothing);
    ASSERT_TRUE(client_.write("first"));
    ASSERT_TRUE(client_.write("second"));
    std::array<std::byte, 3> room;
    ASSERT_EQ(link_->read(room).bytes, 3U);
    EXPECT_TRUE(link_->has_unread()) << "the rest of the first record";
    ASSERT_EQ(link_->read(room).bytes, 2U);
    EXPECT_TRUE(link_->has_unread()) << "the second record, taken from the socket with the first";
    EXPECT_EQ(read_all(), "second");
    EXPECT_FALSE(link_->has_unread());
}

/// A part of a record is nothing to read: whoever took it for something would never wait for the rest.
TEST_F(TlsLink, PartsOfRecordsAreWaitedFor) {
    ASSERT_EQ(shake(), need::nothing);
    // The client's ciphertext is taken on the way, so that it can be handed on by the byte.
    ASSERT_TRUE(client_.write("whole"));
    std::array<char, 1000> sent{};
    const auto size = ::recv(server_end_.get(), sent.data(), sent.size(), 0);
    ASSERT_GT(size, 5);
    for (ssize_t i = 0; i < size; ++i) {
        EXPECT_EQ(read_all(), "");
        EXPECT_FALSE(link_->has_unread()) << i;
        ASSERT_EQ(::send(client_end_.get(), sent.data() + i, 1, 0), 1);
    }
    EXPECT_EQ(read_all(), "whole");
}

TEST_F(TlsLink, ARecordThatWaitsIsSentOnce) {
    ASSERT_EQ(shake(), need::nothing);
    std::mt19937 random(1);
    std::string sent(tls_link::record_bytes_max, ' ');
    std::string expected;
    std::string got;
    for (int turn = 0; turn < 200; ++turn) {
        for (auto& c : sent)
            c = static_cast<char>(random());
        auto step = link_->write(as_bytes(sent), turn % 2 == 0);
        while (step.what == need::writable) {
            EXPECT_EQ(link_->unfinished_bytes(), sent.size());
            got += client_.read(3 * tls_link::record_bytes_max);
            // From another place, and with other bytes: the record is encrypted already.
            const std::string elsewhere(sent.size(), 'x');
            step = link_->write(as_bytes(elsewhere), false);
        }
        ASSERT_EQ(step.what, need::nothing);
        ASSERT_EQ(step.bytes, sent.size());
        EXPECT_EQ(link_->unfinished_bytes(), 0U);
        expected += sent;
    }
    for (auto more = client_.read(20'000); !more.empty(); more = client_.read(20'000))
        got += more;
    EXPECT_EQ(got.size(), expected.size());
    EXPECT_TRUE(got == expected);
}

TEST_F(TlsLink, SaysGoodbye) {
    ASSERT_EQ(shake(), need::nothing);
    link_->close_notify();
    EXPECT_EQ(client_.read(10), "");
    EXPECT_TRUE(client_.was_told_of_the_end());
}

TEST_F(TlsLink, HearsGoodbyes) {
    ASSERT_EQ(shake(), need::nothing);
    ASSERT_TRUE(client_.write("last"));
    ::SSL_shutdown(client_.link());
    std::array<std::byte, 10> room;
    EXPECT_EQ(link_->read(room).bytes, 4U);
    EXPECT_EQ(link_->read(room).what, need::ended);
}

TEST_F(TlsLink, AnEndWithoutGoodbyeIsAnEnd) {
    ASSERT_EQ(shake(), need::nothing);
    ::shutdown(client_end_.get(), SHUT_WR);
    std::array<std::byte, 10> room;
    EXPECT_EQ(link_->read(room).what, need::ended);
}

TEST_F(TlsLink, AnswersAChangeOfKeys) {
    ASSERT_EQ(shake(), need::nothing);
    for (int turn = 0; turn < 3; ++turn) {
        ASSERT_EQ(::SSL_key_update(client_.link(), SSL_KEY_UPDATE_REQUESTED), 1);
        ASSERT_TRUE(client_.write("with new keys"));
        EXPECT_EQ(read_all(), "with new keys");
        ASSERT_EQ(link_->write(as_bytes("answered"), false).bytes, 8U);
        EXPECT_EQ(client_.read(100), "answered");
    }
}

TEST_F(TlsLink, DoesNotRenegotiate) {
    client_ = tls_client({.version_max = TLS1_2_VERSION});
    connect();
    ASSERT_EQ(shake(), need::nothing);
    ::SSL_renegotiate(client_.link());
    ::SSL_do_handshake(client_.link());
    EXPECT_EQ(read_all(), "");
    // The alert that says no; a client by OpenSSL gives up then.
    EXPECT_EQ(client_.read(10), "");
    EXPECT_FALSE(client_.write("more"));
}

TEST_F(TlsLink, RefusesOldVersions) {
    for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
        client_ = tls_client({.version_min = version, .version_max = version});
        connect();
        EXPECT_EQ(shake(), need::failed);
        EXPECT_THAT(link_->failure(), HasSubstr("unsupported protocol"));
    }
    EXPECT_EQ(server_->statistics().handshakes, 0U);
}

TEST_F(TlsLink, RefusesTls12WhereToldTo) {
    auto settings = options_of(files_);
    settings.version_min = tls_version::v1_3;
    server_ = std::move(*make_tls_server(settings));
    client_ = tls_client({.version_max = TLS1_2_VERSION});
    connect();
    EXPECT_EQ(shake(), need::failed);
    client_ = tls_client({});
    connect();
    EXPECT_EQ(shake(), need::nothing);
}

TEST_F(TlsLink, PicksHttp11OrNothing) {
    client_ = tls_client({.alpn = "\x02h2\x08http/1.1"});
    connect();
    ASSERT_EQ(shake(), need::nothing);
    EXPECT_EQ(client_.protocol(), "http/1.1");
    client_ = tls_client({.alpn = "\x02h2"});
    connect();
    ASSERT_EQ(shake(), need::nothing);
    EXPECT_EQ(client_.protocol(), "");
}

TEST_F(TlsLink, ResumesByTicket) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        client_ = tls_client({.version_min = version, .version_max = version});
        connect();
        ASSERT_EQ(shake(), need::nothing);
        // With 1.3 the ticket comes after the handshake, before the first bytes.
        ASSERT_EQ(link_->write(as_bytes("x"), false).bytes, 1U);
        ASSERT_EQ(client_.read(1), "x");
        client_.keep_session();
        const auto before = server_->statistics().resumed;
        connect(true);
        ASSERT_EQ(shake(), need::nothing);
        EXPECT_TRUE(client_.resumed()) << version;
        EXPECT_EQ(server_->statistics().resumed, before + 1);
    }
}

TEST_F(TlsLink, TicketsOutliveTheirCertificateButNotTheServer) {
    ASSERT_EQ(shake(), need::nothing);
    ASSERT_EQ(link_->write(as_bytes("x"), false).bytes, 1U);
    ASSERT_EQ(client_.read(1), "x");
    client_.keep_session();
    files_.make();
    ASSERT_TRUE(server_->reload());
    connect(true);
    ASSERT_EQ(shake(), need::nothing);
    EXPECT_TRUE(client_.resumed());
    link_.reset();
    server_ = std::move(*make_tls_server(options_of(files_)));
    connect(true);
    ASSERT_EQ(shake(), need::nothing);
    EXPECT_FALSE(client_.resumed());
}

TEST_F(TlsLink, CountsHandshakesByTheirEnd) {
    ASSERT_EQ(shake(), need::nothing);
    connect();
    static_cast<void>(link_->handshake());
    connect();  // one was begun and given up
    connect();  // one was not begun
    ASSERT_EQ(::send(client_end_.get(), "no TLS at all", 13, 0), 13);
    EXPECT_EQ(link_->handshake().what, need::failed);
    link_.reset();
    const auto told = server_->statistics();
    EXPECT_EQ(told.handshakes, 1U);
    EXPECT_EQ(told.handshakes_failed, 2U);
}

/// Whatever bytes come first, the answer is one of the five, and nothing is left for the next connection.
TEST_F(TlsLink, GarbageEndsTheHandshake) {
    std::mt19937 random(7);
    // A good hello to damage.
    client_.connect();
    std::string hello(2000, ' ');
    const auto hello_size = ::recv(server_end_.get(), hello.data(), hello.size(), 0);
    ASSERT_GT(hello_size, 100);
    hello.resize(static_cast<std::size_t>(hello_size));
    for (int turn = 0; turn < 2000; ++turn) {
        connect();
        auto text = hello;
        if (turn % 4 == 0)
            for (auto& c : text)
                c = static_cast<char>(random());
        else
            for (unsigned hits = 1 + random() % 8; hits > 0; --hits)
                text[random() % text.size()] = static_cast<char>(random());
        if (turn % 3 == 0)
            text.resize(1 + random() % text.size());
        ASSERT_EQ(::send(client_end_.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
        ::shutdown(client_end_.get(), SHUT_WR);
        auto last = need::nothing;
        for (int steps = 0; steps < 10; ++steps) {
            last = link_->handshake().what;
            ASSERT_NE(last, need::nothing) << "a handshake without a client";
            if (last == need::failed || last == need::ended)
                break;
        }
        EXPECT_TRUE(last == need::failed || last == need::ended) << turn;
    }
    client_ = tls_client({});
    connect();
    EXPECT_EQ(shake(), need::nothing);
}

TEST_F(TlsLink, GarbageAfterTheHandshakeIsAFailure) {
    ASSERT_EQ(shake(), need::nothing);
    const std::string garbage(500, 'g');
    ASSERT_EQ(::send(client_end_.get(), garbage.data(), garbage.size(), 0), 500);
    std::array<std::byte, 100> room;
    EXPECT_EQ(link_->read(room).what, need::failed);
    EXPECT_EQ(link_->read(room).what, need::failed);
    EXPECT_EQ(link_->write(as_bytes("x"), false).what, need::failed);
    EXPECT_FALSE(link_->failure().empty());
}

// -- new files

TEST_F(TlsLink, NewConnectionsGetTheNewCertificate) {
    ASSERT_EQ(shake(), need::nothing);
    EXPECT_EQ(client_.serial(), 1);
    EXPECT_FALSE(server_->files_changed());
    files_.make();
    std::filesystem::last_write_time(
        files_.certificate_file(), std::filesystem::file_time_type::clock::now() + std::chrono::seconds(2)
    );
    EXPECT_TRUE(server_->files_changed());
    ASSERT_TRUE(server_->reload());
    EXPECT_FALSE(server_->files_changed());
    ASSERT_TRUE(client_.write("still there"));
    EXPECT_EQ(read_all(), "still there") << "an open connection keeps its keys";
    connect();
    ASSERT_EQ(shake(), need::nothing);
    EXPECT_EQ(client_.serial(), 2);
    EXPECT_EQ(server_->statistics().reloads, 1U);
}

TEST_F(TlsLink, ABrokenFileChangesNothing) {
    std::ofstream(files_.certificate_file()) << "not a certificate\n";
    EXPECT_TRUE(server_->files_changed());
    EXPECT_FALSE(server_->reload());
    EXPECT_FALSE(server_->files_changed()) << "nobody complains about the same file twice";
    ASSERT_EQ(shake(), need::nothing);
    EXPECT_EQ(client_.serial(), 1);
    files_.make(-2 * test_certificate::day_s, -60);
    EXPECT_FALSE(server_->reload());
    connect();
    ASSERT_EQ(shake(), need::nothing);
    EXPECT_EQ(client_.serial(), 1);
    const auto told = server_->statistics();
    EXPECT_EQ(told.reloads, 0U);
    EXPECT_EQ(told.reloads_failed, 2U);
}

}  // namespace
}  // namespace labstore::net
