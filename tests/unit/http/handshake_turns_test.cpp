#include "http/handshake_turns.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <string>

namespace labstore::http {
namespace {

namespace asio = boost::asio;

runtime::awaitable<void> steps(handshake_turns& turns, char name, int count, std::string& order) {
    for (int i = 0; i < count; ++i) {
        co_await turns.take();
        order += name;
        co_await turns.pass();
    }
}

/// Work that is always ready: each piece makes the next.
runtime::awaitable<void> others(std::string& order, int count) {
    const auto executor = co_await asio::this_coro::executor;
    for (int i = 0; i < count; ++i) {
        order += '.';
        auto round = asio::post(executor, asio::use_awaitable);
        co_await std::move(round);
    }
}

TEST(HandshakeTurns, OtherWorkComesBetweenAnyTwoSteps) {
    asio::io_context context(1);
    handshake_turns turns;
    std::string order;
    for (char name = 'a'; name <= 'z'; ++name)
        asio::co_spawn(context, steps(turns, name, 2, order), asio::detached);
    asio::co_spawn(context, others(order, 1000), asio::detached);
    context.run();
    std::string handshakes;
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (order[i] == '.')
            continue;
        handshakes += order[i];
        ASSERT_TRUE(i == 0 || order[i - 1] == '.' || handshakes.size() <= 1) << order.substr(0, i + 1);
    }
    EXPECT_EQ(handshakes.size(), 52U);
    EXPECT_EQ(handshakes.substr(0, 26), "abcdefghijklmnopqrstuvwxyz") << "first come, first served";
}

TEST(HandshakeTurns, ALoneHandshakeWaitsForNobody) {
    asio::io_context context(1);
    handshake_turns turns;
    std::string order;
    asio::co_spawn(context, steps(turns, 'a', 5, order), asio::detached);
    context.run();
    EXPECT_EQ(order, "aaaaa");
    asio::co_spawn(context, steps(turns, 'b', 1, order), asio::detached);
    context.restart();
    context.run();
    EXPECT_EQ(order, "aaaaab");
}

}  // namespace
}  // namespace labstore::http
