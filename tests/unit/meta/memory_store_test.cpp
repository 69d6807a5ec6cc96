#include "support/meta/memory_store.hpp"

#include "unit/meta/store_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::meta {
namespace {

constexpr partition_id bucket{1};

TEST(MemoryStore, UnknownMayOrMayNotHaveBeenApplied) {
    memory_store index;
    index.inject(injected::unknown_applied);
    index.inject(injected::unknown_not_applied, 1);
    EXPECT_EQ(error_of(put(index, bucket, "a", "1")), errc::unknown);
    EXPECT_EQ(error_of(put(index, bucket, "b", "1")), errc::unknown);
    EXPECT_EQ(value_of(index, bucket, "a"), "1");
    EXPECT_EQ(value_of(index, bucket, "b"), "(absent)");
    EXPECT_TRUE(put(index, bucket, "b", "2"));
}

TEST(MemoryStore, UnknownOfAConflictingBatchAppliesNothing) {
    memory_store index;
    ASSERT_TRUE(put(index, bucket, "a", "1"));
    index.inject(injected::unknown_applied);
    batch changes;
    changes.preconditions.push_back(absent("a"));
    changes.put("a", "2");
    EXPECT_EQ(error_of(run(index.apply(bucket, changes, sync::as_configured))), errc::unknown);
    EXPECT_EQ(value_of(index, bucket, "a"), "1");
}

TEST(MemoryStore, InjectedRefusalsChangeNothing) {
    memory_store index;
    const std::vector<std::pair<injected, errc>> refusals{
        {injected::conflict, errc::conflict},
        {injected::busy, errc::busy},
        {injected::full, errc::full},
        {injected::too_large, errc::too_large},
        {injected::corrupt, errc::corrupt},
        {injected::fatal, errc::fatal},
    };
    for (const auto& [what, answer] : refusals) {
        index.inject(what);
        EXPECT_EQ(error_of(put(index, bucket, "a", "1")), answer);
    }
    EXPECT_EQ(index.row_count(), 0U);
    EXPECT_FALSE(index.writable());
    EXPECT_EQ(error_of(put(index, bucket, "a", "1")), errc::fatal);
    index.set_writable(true);
    EXPECT_TRUE(put(index, bucket, "a", "1"));
}

TEST(MemoryStore, ReadsFailOnDemand) {
    memory_store index;
    ASSERT_TRUE(put(index, bucket, "a", "1"));
    index.inject_read_failure(errc::corrupt, 1);
    EXPECT_EQ(value_of(index, bucket, "a"), "1");
    EXPECT_EQ(error_of(run(index.scan(bucket, {}))), errc::corrupt);
    EXPECT_EQ(value_of(index, bucket, "a"), "1");
}

TEST(MemoryStore, AnotherChangeSlipsInBeforeAnApply) {
    memory_store index;
    index.before_apply([&index](partition_id partition, const batch&) {
        batch first;
        first.put("a", "first");
        static_cast<void>(index.apply_now(partition, first));
    });
    batch changes;
    changes.preconditions.push_back(absent("a"));
    changes.put("a", "second");
    EXPECT_EQ(error_of(run(index.apply(bucket, changes, sync::as_configured))), errc::conflict);
    EXPECT_EQ(index.contents(bucket).at("a").value, "first");
    EXPECT_EQ(index.apply_count(), 1U);
}

}  // namespace
}  // namespace labstore::meta
