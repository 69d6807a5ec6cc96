#include "admin/capture_store.hpp"

#include <gtest/gtest.h>

namespace labstore::admin {
namespace {

profiling::profile profile_of(std::size_t bytes) {
    profiling::profile made;
    made.kind = "cpu";
    made.functions.push_back({std::string(bytes, 'f'), "x"});
    return made;
}

TEST(CaptureStore, KeepsTheLastOnes) {
    capture_store store;
    EXPECT_EQ(store.find(1), nullptr);
    for (std::uint64_t i = 1; i <= capture_store::captures_max + 3; ++i)
        EXPECT_EQ(store.add(profile_of(10)).id, i);
    EXPECT_EQ(store.find(3), nullptr);
    ASSERT_NE(store.find(4), nullptr);
    EXPECT_EQ(store.find(4)->kind, "cpu");
    const auto kept = store.list();
    ASSERT_EQ(kept.size(), capture_store::captures_max);
    EXPECT_EQ(kept.front().id, 4U);
    EXPECT_EQ(kept.back().id, capture_store::captures_max + 3);
}

TEST(CaptureStore, IsBoundedInBytes) {
    capture_store store;
    const auto first = store.add(profile_of(capture_store::bytes_max / 2));
    const auto second = store.add(profile_of(capture_store::bytes_max / 2));
    EXPECT_EQ(store.find(first.id), nullptr);
    EXPECT_NE(first.what, nullptr) << "who holds it keeps it";
    EXPECT_NE(store.find(second.id), nullptr);
    const auto giant = store.add(profile_of(capture_store::bytes_max + 1));
    EXPECT_NE(giant.what, nullptr);
    EXPECT_TRUE(store.list().empty());
    EXPECT_NE(store.find(store.add(profile_of(1)).id), nullptr) << "there is room again";
}

}  // namespace
}  // namespace labstore::admin
