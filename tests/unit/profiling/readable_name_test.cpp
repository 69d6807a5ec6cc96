#include "profiling/readable_name.hpp"

#include <gtest/gtest.h>

namespace labstore::profiling {
namespace {

struct naming {
    std::string_view full;
    std::string_view readable;
};

class ReadableName : public ::testing::TestWithParam<naming> {};

TEST_P(ReadableName, SaysWhatMatters) {
    EXPECT_EQ(readable_name(GetParam().full), GetParam().readable);
}

INSTANTIATE_TEST_SUITE_P(
    Names,
    ReadableName,
    ::testing::Values(
        naming{"main", "main"},
        naming{"", ""},
        naming{"labstore::http::session::serve() [coroutine]", "http::session::serve [coroutine]"},
        naming{
            "labstore::s3::operations::put_object(labstore::s3::call&) [coroutine end]",
            "s3::operations::put_object [coroutine end]"},
        naming{"labstore::crypto::sha256::add(std::span<x>) [clone .isra.0]", "crypto::sha256::add"},
        naming{"labstore::a::f(int) [coroutine] [clone .cold]", "a::f [coroutine]"},
        naming{"void labstore::sort<int>(int*, int*) const", "sort<int>"},
        naming{"std::vector<int> labstore::a::list() const &", "a::list"},
        naming{
            "labstore::blob::pool::run(int)::{lambda(auto:1)#2}::operator()<labstore::x>(labstore::x) const",
            "blob::pool::run::{lambda#2}::operator()<x>"},
        naming{
            "boost::asio::detail::reactive_wait_op<boost::asio::detail::awaitable_handler<any> "
            ">::do_complete(void*)",
            "boost::asio::detail::reactive_wait_op<...>::do_complete"},
        naming{"operator new(unsigned long)", "operator new"},
        naming{"std::ostream& std::operator<< <char>(std::ostream&, char)", "std::operator<< <char>"},
        naming{"a::operator<(a::x const&, a::x const&)", "a::operator<"},
        naming{"a::x::operator->() const", "a::x::operator->"},
        naming{"bool a::x::operator()(int) const", "a::x::operator()"},
        naming{"my_labstore::f(labstore::x)", "my_labstore::f"},
        naming{"other::labstore::f()", "other::labstore::f"},
        naming{"broken<(((", "broken<((("},
        naming{"((((", "(((("},
        naming{" &", " &"}
    )
);

TEST(Demangled, TakesTheCoroutineApartAndLeavesTheRest) {
    EXPECT_EQ(
        demangled("_ZN8labstore4http7session5serveEv.actor"), "labstore::http::session::serve() [coroutine]"
    );
    EXPECT_EQ(demangled("_ZN8labstore12_GLOBAL__N_11fEi"), "labstore::f(int)");
    EXPECT_EQ(demangled("puts"), "puts");
    EXPECT_EQ(demangled("_Znonsense"), "_Znonsense");
}

}  // namespace
}  // namespace labstore::profiling
