// What becomes of locks and of removals of what is locked when the index answers that nobody knows.
#include "version_fixture.hpp"

#include <utility>

namespace labstore::storage {
namespace {

constexpr auto hour = std::chrono::hours(1);

class lock_outcomes : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(at.create_bucket("photos"));
        calls.set("photos", versioning_state::enabled);
        ASSERT_TRUE(at.wait(at.store().enable_object_lock("photos")));
    }

    /// Retains what is current now, as a client does that names no version.
    result<object_info> retain() {
        const lock_change change = [this](object_lock& lock) -> result<void> {
            lock.retention = retention{retention_mode::compliance, at.time.now() + hour};
            return {};
        };
        return at.wait(at.store().change_lock({"photos", "a", {}}, change));
    }

    bool is_retained(const std::string& version) {
        return at.wait(at.store().stat_object({"photos", "a", version}))->lock.retention.has_value();
    }

    store_fixture at{backend::memory};
    version_calls calls{at};
};

TEST_F(lock_outcomes, unknown_is_settled_by_doing_it_again) {
    for (const auto what : {meta::injected::unknown_applied, meta::injected::unknown_not_applied}) {
        const auto version = at.put("photos", "a", "x")->version_id;
        at.memory_index().inject(what);
        ASSERT_TRUE(retain());
        EXPECT_TRUE(is_retained(version));
        EXPECT_EQ(calls.remove("photos", "a", version).error(), errc::access_denied);
    }
}

TEST_F(lock_outcomes, a_removal_that_nobody_knows_of_and_a_lock_agree) {
    for (const auto what : {meta::injected::unknown_applied, meta::injected::unknown_not_applied}) {
        const auto version = at.put("photos", "a", "x")->version_id;
        at.memory_index().inject(what);
        ASSERT_TRUE(calls.remove("photos", "a", version));
        EXPECT_EQ(retain().error(), errc::no_such_key);
    }
}

TEST_F(lock_outcomes, of_the_switch) {
    ASSERT_TRUE(at.create_bucket("other"));
    calls.set("other", versioning_state::enabled);
    at.memory_index().inject(meta::injected::unknown_applied);
    ASSERT_TRUE(at.wait(at.store().enable_object_lock("other")));
    EXPECT_TRUE((*at.store().find_bucket("other"))->object_lock);
    ASSERT_TRUE(at.create_bucket("third"));
    calls.set("third", versioning_state::enabled);
    at.memory_index().inject(meta::injected::unknown_not_applied);
    ASSERT_TRUE(at.wait(at.store().enable_object_lock("third")));
    EXPECT_TRUE((*at.store().find_bucket("third"))->object_lock);
}

/// A newer version that comes while nobody knows whether the lock was set is not the one that was meant.
TEST_F(lock_outcomes, a_retry_stays_with_its_version) {
    const auto meant = at.put("photos", "a", "meant")->version_id;
    std::string newer;
    bool slipped_in = false;
    at.memory_index().before_apply([&](meta::partition_id, const meta::batch&) {
        if (!std::exchange(slipped_in, true))
            newer = at.put("photos", "a", "newer")->version_id;
    });
    // The attempt itself is the apply after that of the put.
    at.memory_index().inject(meta::injected::unknown_not_applied, 1);
    ASSERT_TRUE(retain());
    ASSERT_TRUE(slipped_in);
    EXPECT_TRUE(is_retained(meant));
    EXPECT_FALSE(is_retained(newer));
}

}  // namespace
}  // namespace labstore::storage
