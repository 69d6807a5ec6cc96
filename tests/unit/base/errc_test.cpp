#include "labstore/base/result.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

namespace labstore {
namespace {

TEST(Errc, EveryValueHasANameOfItsOwn) {
    std::set<std::string_view> seen;
    for (int value = 0; value < static_cast<int>(errc::errc_last); ++value) {
        const auto name = errc_name(static_cast<errc>(value));
        EXPECT_TRUE(seen.insert(name).second) << name;
        EXPECT_NE(name, "unnamed");
    }
    EXPECT_EQ(errc_name(errc::errc_last), "unnamed");
    EXPECT_EQ(errc_name(errc::internal), "internal");
    EXPECT_EQ(errc_name(errc::access_denied), "access_denied");
}

TEST(Errc, SystemErrorsGetTheNearestMeaning) {
    EXPECT_EQ(to_errc(from_errno(ENOSPC)), errc::full);
    EXPECT_EQ(to_errc(from_errno(EDQUOT)), errc::full);
    EXPECT_EQ(to_errc(from_errno(EIO)), errc::io_error);
    EXPECT_EQ(to_errc(from_errno(ECONNRESET)), errc::cancelled);
    EXPECT_EQ(to_errc(from_errno(EMFILE)), errc::busy);
    EXPECT_EQ(to_errc(error_code()), errc::ok);
    EXPECT_EQ(to_errc(make_error_code(errc::no_such_key)), errc::no_such_key);
}

result<int> half(int value) {
    if (value % 2 != 0)
        return errc::invalid_argument;
    return value / 2;
}

result<int> quarter(int value) {
    const auto halved = half(value);
    LABSTORE_TRY(halved);
    return half(*halved);
}

TEST(Result, TryReturnsTheFirstError) {
    EXPECT_EQ(quarter(8).value(), 2);
    EXPECT_EQ(to_errc(quarter(6).error()), errc::invalid_argument);
    EXPECT_EQ(to_errc(quarter(3).error()), errc::invalid_argument);
}

}  // namespace
}  // namespace labstore
