// Object lock: what may follow on what, and that no removal passes it.
#include "storage/lock.hpp"
#include "version_fixture.hpp"

namespace labstore::storage {
namespace {

constexpr auto hour = std::chrono::hours(1);

constexpr auto governance = retention_mode::governance;
constexpr auto compliance = retention_mode::compliance;

/// Every present retention against every wanted one.
TEST(object_lock_rules, of_changes) {
    const wall_time now(std::chrono::hours(1'000'000));
    const std::optional<retention> none;
    const auto in = [&](retention_mode mode, int hours) -> std::optional<retention> {
        return retention{mode, now + hours * hour};
    };

    struct row {
        std::optional<retention> present;
        std::optional<retention> wanted;
        errc plain;
        errc bypassing;
    };

    const row rows[] = {
        {none, none, errc::ok, errc::ok},
        {none, in(governance, 1), errc::ok, errc::ok},
        {none, in(compliance, 1), errc::ok, errc::ok},
        {none, in(governance, 0), errc::invalid_argument, errc::invalid_argument},
        {none, in(compliance, -1), errc::invalid_argument, errc::invalid_argument},
        {in(governance, 0), none, errc::ok, errc::ok},
        {in(compliance, 0), none, errc::ok, errc::ok},
        {in(compliance, -1), in(governance, 1), errc::ok, errc::ok},
        {in(governance, 2), none, errc::access_denied, errc::ok},
        {in(governance, 2), in(governance, 1), errc::access_denied, errc::ok},
        {in(governance, 2), in(governance, 2), errc::ok, errc::ok},
        {in(governance, 2), in(governance, 3), errc::ok, errc::ok},
        {in(governance, 2), in(compliance, 1), errc::access_denied, errc::ok},
        {in(governance, 2), in(compliance, 3), errc::access_denied, errc::ok},
        {in(governance, 2), in(governance, -1), errc::invalid_argument, errc::invalid_argument},
        {in(compliance, 2), none, errc::access_denied, errc::access_denied},
        {in(compliance, 2), in(compliance, 1), errc::access_denied, errc::access_denied},
        {in(compliance, 2), in(compliance, 2), errc::ok, errc::ok},
        {in(compliance, 2), in(compliance, 3), errc::ok, errc::ok},
        {in(compliance, 2), in(governance, 3), errc::access_denied, errc::access_denied},
    };
    for (std::size_t i = 0; i < std::size(rows); ++i) {
        const auto outcome = [&](bool bypass) {
            const auto judged = judge_retention(rows[i].present, rows[i].wanted, now, bypass);
            return judged ? errc::ok : to_errc(judged.error());
        };
        EXPECT_EQ(outcome(false), rows[i].plain) << i;
        EXPECT_EQ(outcome(true), rows[i].bypassing) << i;
    }
}

TEST(object_lock_rules, of_removals) {
    const wall_time now(std::chrono::hours(1'000'000));
    records::object record;
    EXPECT_TRUE(lock_allows_removal(record, now, false));
    object_lock lock;
    const auto allows = [&](bool bypass) {
        set_lock(record, lock);
        EXPECT_EQ(lock_of(record), lock);
        return lock_allows_removal(record, now, bypass);
    };
    lock.retention = retention{governance, now};
    EXPECT_TRUE(allows(false)) << "its time has come";
    lock.retention = retention{governance, now + std::chrono::nanoseconds(1)};
    EXPECT_FALSE(allows(false));
    EXPECT_TRUE(allows(true));
    lock.retention = retention{compliance, now + hour};
    EXPECT_FALSE(allows(false));
    EXPECT_FALSE(allows(true));
    lock.retention.reset();
    lock.legal_hold = true;
    EXPECT_FALSE(allows(false));
    EXPECT_FALSE(allows(true)) << "nobody passes a legal hold";
    lock.legal_hold = false;
    EXPECT_TRUE(allows(false));
}

class locked : public testing::TestWithParam<backend> {
  protected:
    void SetUp() override {
        new_bucket wanted;
        wanted.object_lock = true;
        wanted.tags = {{"team", "law"}};
        ASSERT_TRUE(at.wait(at.store().create_bucket(
            bucket_name::trusted("photos"), test_owner(), "us-east-1", std::move(wanted)
        )));
    }

    bucket_ptr bucket() { return *at.store().find_bucket("photos"); }

    std::string put(const std::string& key, object_lock lock = {}) {
        put_request request;
        request.lock = lock;
        const auto done = at.put("photos", key, "bytes of " + key, std::move(request));
        EXPECT_TRUE(done);
        return done->version_id;
    }

    void set_default(std::optional<default_retention> rule) {
        const config_change change = [rule](bucket_config& config) -> result<void> {
            config.default_retention = rule;
            return {};
        };
        ASSERT_TRUE(at.wait(at.store().configure_bucket("photos", change)));
    }

    result<object_info> set(const std::string& key, const std::string& version, object_lock wanted) {
        const lock_change change = [wanted](object_lock& lock) -> result<void> {
            lock = wanted;
            return {};
        };
        return at.wait(at.store().change_lock({"photos", key, version}, change));
    }

    object_lock lock_of(const std::string& key, const std::string& version = {}) {
        return at.wait(at.store().stat_object({"photos", key, version}))->lock;
    }

    errc remove(const std::string& key, const std::string& version, bool bypass = false) {
        delete_conditions conditions;
        conditions.bypass_governance = bypass;
        const auto one = calls.remove("photos", key, version, conditions);
        return one ? errc::ok : to_errc(one.error());
    }

    retention until(retention_mode mode, std::chrono::hours from_now) {
        return {mode, at.time.now() + from_now};
    }

    /// "governance for 48 hours": the clock of the tests moves a little with each look.
    std::string retention_of(const std::string& key) {
        const auto lock = lock_of(key).retention;
        if (!lock)
            return "none";
        const auto left = std::chrono::round<std::chrono::hours>(lock->until - at.time.now());
        return (lock->mode == governance ? "governance for " : "compliance for ") +
               std::to_string(left.count());
    }

    store_fixture at{GetParam()};
    version_calls calls{at};
};

INSTANTIATE_TEST_SUITE_P(backends, locked, testing::Values(backend::memory, backend::local));

TEST_P(locked, buckets_stay_locked_and_versioned) {
    for (int i = 0; i < 2; ++i) {
        EXPECT_TRUE(bucket()->object_lock);
        EXPECT_EQ(bucket()->versioning, versioning_state::enabled);
        ASSERT_NE(bucket()->config, nullptr);
        EXPECT_EQ(bucket()->config->tags, (tag_list{{"team", "law"}}));
        const auto suspended = at.wait(at.store().set_versioning("photos", versioning_state::suspended));
        EXPECT_EQ(suspended.error(), errc::operation_aborted);
        EXPECT_TRUE(at.wait(at.store().set_versioning("photos", versioning_state::enabled)));
        EXPECT_TRUE(at.wait(at.store().enable_object_lock("photos")));
        at.reopen();
    }
    put("a");
    EXPECT_EQ(at.wait(at.store().delete_bucket("photos")).error(), errc::bucket_not_empty);
    EXPECT_TRUE(bucket()->object_lock) << "also after a deletion that was taken back";
    put("b");
}

TEST_P(locked, later_where_the_bucket_is_versioned) {
    ASSERT_TRUE(at.create_bucket("later"));
    EXPECT_EQ(at.wait(at.store().enable_object_lock("later")).error(), errc::operation_aborted);
    calls.set("later", versioning_state::suspended);
    EXPECT_EQ(at.wait(at.store().enable_object_lock("later")).error(), errc::operation_aborted);
    ASSERT_TRUE(at.put("later", "old", "from before"));
    put_request wanting;
    wanting.lock.legal_hold = true;
    EXPECT_EQ(at.put("later", "new", "locked", wanting).error(), errc::invalid_request)
        << "not silently without";
    calls.set("later", versioning_state::enabled);
    const lock_change none = [](object_lock&) -> result<void> {
        return {};
    };
    EXPECT_EQ(at.wait(at.store().change_lock({"later", "old", {}}, none)).error(), errc::invalid_request);
    ASSERT_TRUE(at.wait(at.store().enable_object_lock("later")));
    const lock_change hold = [](object_lock& lock) -> result<void> {
        lock.legal_hold = true;
        return {};
    };
    ASSERT_TRUE(at.wait(at.store().change_lock({"later", "old", {}}, hold)));
    EXPECT_EQ(calls.remove("later", "old", "null").error(), errc::access_denied)
        << "the null version from before";
    ASSERT_TRUE(at.put("later", "old", "over it"));
    EXPECT_EQ(calls.get("later", "old", "null").value(), "from before") << "a write replaces nothing";
    EXPECT_EQ(calls.remove("later", "old", "null").error(), errc::access_denied);
    EXPECT_EQ(at.wait(at.store().enable_object_lock("nowhere")).error(), errc::no_such_bucket);
}

TEST_P(locked, versions_are_not_removed) {
    const auto held = put("a", {until(governance, hour), {}});
    at.time.advance(std::chrono::seconds(1));
    const auto strict = put("a", {until(compliance, hour), {}});
    const auto marker = calls.remove("photos", "a");
    ASSERT_TRUE(marker) << "hiding it is no removal";
    const auto free = put("a");
    EXPECT_EQ(remove("a", held), errc::access_denied);
    EXPECT_EQ(remove("a", strict), errc::access_denied);
    EXPECT_EQ(remove("a", strict, true), errc::access_denied);
    EXPECT_EQ(remove("a", marker->version_id), errc::ok);
    EXPECT_EQ(remove("a", free), errc::ok);
    std::vector<delete_entry> entries{{"a", held, {}}, {"b", {}, {}}, {"a", strict, {}}};
    auto many = at.wait(at.store().delete_objects("photos", entries));
    ASSERT_TRUE(many);
    EXPECT_EQ((*many)[0].error(), errc::access_denied);
    EXPECT_TRUE((*many)[1]) << "one that is locked does not keep the others";
    EXPECT_EQ((*many)[2].error(), errc::access_denied);
    at.reopen();
    EXPECT_EQ(calls.get("photos", "a", held).value(), "bytes of a");
    EXPECT_EQ(remove("a", held, true), errc::ok);
    at.time.advance(hour);
    EXPECT_EQ(remove("a", strict), errc::ok) << "its time has come";
}

TEST_P(locked, a_lock_comes_with_every_way_to_write) {
    const object_lock wanted{until(compliance, 3 * hour), true};
    put("put", wanted);
    EXPECT_EQ(lock_of("put"), wanted);
    copy_request copy;
    copy.source = {"photos", "put", {}};
    copy.bucket = "photos";
    copy.key = "copy";
    copy.owner = test_owner();
    ASSERT_TRUE(at.wait(at.store().copy_object(copy)));
    EXPECT_EQ(lock_of("copy"), object_lock{}) << "a copy does not take the lock along";
    copy.lock = wanted;
    ASSERT_TRUE(at.wait(at.store().copy_object(copy)));
    EXPECT_EQ(lock_of("copy"), wanted);
    create_upload_request upload;
    upload.bucket = "photos";
    upload.key = "parts";
    upload.owner = test_owner();
    upload.lock = wanted;
    const auto id = at.wait(at.store().create_upload(upload));
    ASSERT_TRUE(id);
    const auto part = at.put_part("photos", "parts", *id, 1, "all of it");
    ASSERT_TRUE(part);
    at.reopen();
    const auto done = at.complete("photos", "parts", *id, {*part});
    ASSERT_TRUE(done);
    EXPECT_EQ(lock_of("parts"), wanted);
    EXPECT_EQ(remove("parts", done->version_id, true), errc::access_denied);
}

TEST_P(locked, the_default_holds_where_nothing_is_said) {
    set_default(default_retention{governance, 2, 0});
    const auto own = put("own", {until(compliance, hour), {}});
    EXPECT_EQ(retention_of("own"), "compliance for 1");
    put("put");
    EXPECT_EQ(retention_of("put"), "governance for 48");
    put("hold", {{}, true});
    EXPECT_EQ(retention_of("hold"), "governance for 48") << "a legal hold is no retention";
    EXPECT_EQ(lock_of("hold").legal_hold, true);
    set_default(default_retention{compliance, 0, 1});
    const auto id = at.create_upload("photos", "parts");
    ASSERT_TRUE(id);
    const auto part = at.put_part("photos", "parts", *id, 1, "all of it");
    ASSERT_TRUE(at.complete("photos", "parts", *id, {*part}));
    EXPECT_EQ(retention_of("parts"), "compliance for 8760");
    create_upload_request late;
    late.bucket = "photos";
    late.key = "late";
    late.owner = test_owner();
    late.lock.retention = until(governance, hour);
    const auto late_id = at.wait(at.store().create_upload(late));
    const auto late_part = at.put_part("photos", "late", *late_id, 1, "all of it");
    at.time.advance(2 * hour);
    ASSERT_TRUE(at.complete("photos", "late", *late_id, {*late_part}));
    EXPECT_EQ(retention_of("late"), "compliance for 8760") << "its own is over";
    at.time.advance(-std::chrono::hours(24 * 365 * 30));
    put("early");
    EXPECT_EQ(lock_of("early").retention->until, bucket()->created + 365 * 24 * hour)
        << "a clock that lags behind makes no retention that is over";
    set_default(std::nullopt);
    put("free");
    EXPECT_EQ(lock_of("free"), object_lock{});
}

TEST_P(locked, changes_are_kept_and_refusals_change_nothing) {
    const auto first = put("a");
    at.time.advance(std::chrono::seconds(1));
    const auto second = put("a");
    const object_lock wanted{until(governance, hour), true};
    ASSERT_TRUE(set("a", first, wanted));
    EXPECT_EQ(lock_of("a"), object_lock{});
    EXPECT_EQ(lock_of("a", first), wanted) << "each version has its own";
    ASSERT_TRUE(set("a", {}, wanted));
    at.reopen();
    EXPECT_EQ(lock_of("a", second), wanted);
    const lock_change refuse = [](object_lock& lock) -> result<void> {
        lock = {};
        return errc::access_denied;
    };
    EXPECT_EQ(at.wait(at.store().change_lock({"photos", "a", first}, refuse)).error(), errc::access_denied);
    EXPECT_EQ(lock_of("a", first), wanted);
    EXPECT_EQ(set("nothing", {}, wanted).error(), errc::no_such_key);
    ASSERT_TRUE(set("a", first, {{}, false}));
    EXPECT_EQ(lock_of("a", first).legal_hold, false) << "off is not the same as never";
}

awaitable<void> lock_it(object_store& store, std::string version, wall_time until, bool& done) {
    lock_change change = [until](object_lock& lock) -> result<void> {
        lock.retention = retention{compliance, until};
        return {};
    };
    object_name name{"photos", "a", std::move(version)};
    auto changed = co_await store.change_lock(std::move(name), std::move(change));
    done = changed.has_value();
}

awaitable<void> remove_it(object_store& store, std::string version, bool together, bool& done) {
    if (together) {
        std::string bucket = "photos";
        std::vector<delete_entry> entries{{"a", std::move(version), {}}};
        auto removed = co_await store.delete_objects(std::move(bucket), std::move(entries));
        done = removed && removed->front() && removed->front()->existed;
        co_return;
    }
    object_name name{"photos", "a", std::move(version)};
    delete_conditions none;
    auto removed = co_await store.delete_object(std::move(name), std::move(none));
    done = removed && removed->existed;
}

TEST_P(locked, who_locks_and_who_removes_cannot_both_succeed) {
    for (int round = 0; round < 60; ++round) {
        const auto version = put("a");
        bool was_locked = false;
        bool was_removed = false;
        std::vector<awaitable<void>> tasks;
        tasks.push_back(lock_it(at.store(), version, at.time.now() + hour, was_locked));
        tasks.push_back(remove_it(at.store(), version, round % 3 == 0, was_removed));
        if (round % 2 != 0)
            std::swap(tasks[0], tasks[1]);
        at.run_all(std::move(tasks));
        ASSERT_NE(was_locked, was_removed) << round;
        ASSERT_EQ(calls.get("photos", "a", version).has_value(), was_locked) << round;
    }
}

}  // namespace
}  // namespace labstore::storage
