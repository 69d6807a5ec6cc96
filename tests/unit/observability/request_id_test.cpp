#include "labstore/observability.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace labstore::observability {
namespace {

TEST(RequestId, IsSixteenUpperCaseHexDigits) {
    for (int i = 0; i < 1000; ++i) {
        const auto id = request_id();
        ASSERT_EQ(id.size(), 16U);
        ASSERT_EQ(id.find_first_not_of("0123456789ABCDEF"), std::string::npos);
    }
}

TEST(RequestId, NeverRepeatsAcrossThreadsAndBlocks) {
    constexpr std::size_t per_thread = 70'000;  // more than one block
    std::vector<std::vector<std::string>> made(4);
    std::vector<std::thread> threads;
    for (auto& mine : made)
        threads.emplace_back([&mine] {
            for (std::size_t i = 0; i < per_thread; ++i)
                mine.push_back(request_id());
        });
    for (auto& thread : threads)
        thread.join();
    std::set<std::string> all;
    for (const auto& mine : made)
        all.insert(mine.begin(), mine.end());
    EXPECT_EQ(all.size(), per_thread * made.size());
}

}  // namespace
}  // namespace labstore::observability
