#include "net/ticket_keys.hpp"

#include <gtest/gtest.h>

namespace labstore::net {
namespace {

using namespace std::chrono_literals;

const ticket_keys::time_point start{std::chrono::hours(1000)};

TEST(TicketKeys, OneKeySealsForATurn) {
    ticket_keys keys;
    const auto first = keys.sealing(start);
    ASSERT_TRUE(first);
    EXPECT_EQ(keys.sealing(start + ticket_keys::turn - 1s)->name, first->name);
    const auto second = keys.sealing(start + ticket_keys::turn);
    ASSERT_TRUE(second);
    EXPECT_NE(second->name, first->name);
    EXPECT_NE(second->cipher, first->cipher);
    EXPECT_NE(second->mac, first->mac);
}

TEST(TicketKeys, TheKeyBeforeStillOpensForATurn) {
    ticket_keys keys;
    const auto first = keys.sealing(start);
    const auto fresh = keys.opening(first->name.data(), start + 1h);
    ASSERT_TRUE(fresh);
    EXPECT_FALSE(fresh->renew);
    EXPECT_EQ(fresh->found.cipher, first->cipher);
    const auto old = keys.opening(first->name.data(), start + 2 * ticket_keys::turn - 1s);
    ASSERT_TRUE(old);
    EXPECT_TRUE(old->renew);
    EXPECT_EQ(old->found.cipher, first->cipher);
    EXPECT_FALSE(keys.opening(first->name.data(), start + 2 * ticket_keys::turn));
}

TEST(TicketKeys, AKeyThatWasOftenAskedForIsNoYounger) {
    ticket_keys keys;
    const auto first = keys.sealing(start);
    for (auto time = start; time < start + 2 * ticket_keys::turn; time += 30min)
        static_cast<void>(keys.sealing(time));
    EXPECT_FALSE(keys.opening(first->name.data(), start + 2 * ticket_keys::turn));
}

TEST(TicketKeys, UnknownNamesOpenNothing) {
    ticket_keys keys;
    const std::array<unsigned char, 16> zeros{};
    EXPECT_FALSE(keys.opening(zeros.data(), start));
    static_cast<void>(keys.sealing(start));
    EXPECT_FALSE(keys.opening(zeros.data(), start));
}

}  // namespace
}  // namespace labstore::net
