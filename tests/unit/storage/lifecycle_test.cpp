// What lifecycle rules do to a bucket, with a clock that the test moves.
#include "lifecycle_fixture.hpp"

namespace labstore::storage {
namespace {

using namespace std::chrono_literals;
using texts = std::vector<std::string>;

class ageing : public versions {
  protected:
    aging age{at};
};

INSTANTIATE_TEST_SUITE_P(backends, ageing, testing::Values(backend::memory, backend::local));

TEST_P(ageing, current_versions_go_at_the_midnight_after_their_days) {
    auto rule = rule_for("logs", "a/");
    rule.expire_days = 1;
    age.set_rules({rule});
    put("a/1", "x");
    put("b/1", "x");
    age.run();
    at.time.advance(24h);
    age.run();
    EXPECT_EQ(age.keys(), (texts{"a/1", "b/1"})) << "a day old, but it is eight in the morning";
    at.time.advance(15h);
    age.run();
    EXPECT_EQ(age.keys(), (texts{"a/1", "b/1"}));
    at.time.advance(1h);
    age.run();
    EXPECT_EQ(age.keys(), texts{"b/1"});
    EXPECT_EQ(age.count(lifecycle_action::expire_current), 1U);
    EXPECT_EQ(age.counts().lag_seconds, 0U);
    put("a/1", "again");
    age.pass_days(1);
    EXPECT_EQ(age.keys(), (texts{"a/1", "b/1"})) << "its age is its own";
    age.pass_days(1);
    EXPECT_EQ(age.keys(), texts{"b/1"});
}

TEST_P(ageing, what_was_there_before_the_rules_counts_from_its_own_time) {
    for (int i = 0; i < 1'200; ++i)
        ASSERT_TRUE(at.put("photos", "old/" + std::to_string(i), ""));
    put("keep", "x");
    at.time.advance(48h);
    put("old/young", "x");
    auto rule = rule_for("r", "old/");
    rule.expire_days = 1;
    age.set_rules({rule});
    age.run();
    EXPECT_EQ(age.keys(), (texts{"keep", "old/young"}));
    EXPECT_EQ(age.count(lifecycle_action::expire_current), 1'200U);
    EXPECT_EQ(age.counts().rows_built, 1'202U);
}

TEST_P(ageing, rules_of_a_date) {
    put("past/a", "x");
    put("future/a", "x");
    auto past = rule_for("past", "past/");
    past.expire_date = std::chrono::floor<std::chrono::days>(at.time.now()) - 48h;
    auto future = rule_for("future", "future/");
    future.expire_date = std::chrono::floor<std::chrono::days>(at.time.now()) + 24h;
    age.set_rules({past, future});
    age.run();
    EXPECT_EQ(age.keys(), texts{"future/a"});
    put("past/b", "x");
    age.run();
    EXPECT_EQ(age.keys(), texts{"future/a"}) << "the date has passed for what comes later, too";
    at.time.advance(16h);
    age.run();
    EXPECT_TRUE(age.keys().empty());
}

TEST_P(ageing, versions_are_hidden_then_removed_and_so_is_the_marker) {
    enable();
    put("a", "1");
    auto rule = rule_for("r");
    rule.expire_days = 1;
    rule.noncurrent_days = 1;
    age.set_rules({rule});
    const auto second = put("a", "2");
    age.pass_days(2);
    const auto hidden = calls.list("photos");
    ASSERT_EQ(hidden.size(), 2U) << "the first went with the second's age, the second is hidden";
    EXPECT_TRUE(hidden[0].ends_with("-"));
    EXPECT_EQ(hidden[1], "a " + second);
    EXPECT_EQ(age.count(lifecycle_action::expire_current), 1U);
    EXPECT_EQ(age.count(lifecycle_action::remove_noncurrent), 1U);
    age.pass_days(2);
    EXPECT_TRUE(calls.list("photos").empty()) << "the marker is as old as the rule's days";
    EXPECT_EQ(age.count(lifecycle_action::remove_noncurrent), 2U);
    EXPECT_EQ(age.count(lifecycle_action::remove_marker), 1U);
}

TEST_P(ageing, a_marker_that_hides_nothing_goes_by_its_rule) {
    enable();
    const auto only = put("a", "1");
    remove("a");
    remove("b");
    auto rule = rule_for("r");
    rule.expire_markers = true;
    age.set_rules({rule});
    age.run();
    EXPECT_EQ(calls.list("photos").size(), 3U);
    age.pass_days(1);
    EXPECT_EQ(calls.list("photos").size(), 2U) << "that of b hides nothing";
    age.pass_days(5);
    EXPECT_EQ(calls.list("photos").size(), 2U);
    remove("a", only);
    age.run();
    EXPECT_TRUE(calls.list("photos").empty()) << "nothing is left below it";
}

TEST_P(ageing, suspended_buckets_get_null_markers) {
    put("a", "null");
    enable();
    const auto kept = put("b", "1");
    suspend();
    put("b", "null");
    auto rule = rule_for("r");
    rule.expire_days = 1;
    age.set_rules({rule});
    age.pass_days(2);
    EXPECT_EQ(calls.list("photos"), (texts{"*a null -", "*b null -", "b " + kept}));
    age.pass_days(2);
    EXPECT_EQ(calls.list("photos"), (texts{"*b null -", "b " + kept})) << "that of a hides nothing";
}

TEST_P(ageing, so_many_newer_noncurrent_versions_are_kept) {
    enable();
    std::vector<std::string> ids;
    for (int i = 0; i < 10; ++i)
        ids.push_back(put("a", std::to_string(i)));
    auto rule = rule_for("r");
    rule.noncurrent_days = 1;
    rule.newer_noncurrent_versions = 5;
    age.set_rules({rule});
    age.run();
    EXPECT_EQ(calls.list("photos").size(), 10U);
    age.pass_days(2);
    EXPECT_EQ(calls.list("photos").size(), 6U) << "one current, five noncurrent";
    EXPECT_TRUE(get("a", ids[4]));
    EXPECT_FALSE(get("a", ids[3]));
    put("a", "new");
    age.run();
    EXPECT_EQ(calls.list("photos").size(), 7U);
    age.pass_days(1);
    EXPECT_FALSE(get("a", ids[4])) << "it is old enough, and one too many since the new one came";
    EXPECT_EQ(calls.list("photos").size(), 6U);
}

TEST_P(ageing, tags_that_come_later_count) {
    auto rule = rule_for("r");
    rule.filter.prefix.reset();
    rule.filter.tags = {{"state", "old"}};
    rule.expire_days = 1;
    age.set_rules({rule});
    put("a", "x");
    put("b", "x");
    age.pass_days(3);
    EXPECT_EQ(age.keys(), (texts{"a", "b"}));
    ASSERT_TRUE(at.wait(at.store().replace_tags({"photos", "a", {}}, {{"state", "old"}})));
    age.run();
    EXPECT_EQ(age.keys(), texts{"b"});
}

TEST_P(ageing, a_version_that_is_current_again_is_as_old_as_it_is) {
    enable();
    put("a", "1");
    auto rule = rule_for("r");
    rule.expire_days = 2;
    age.set_rules({rule});
    at.time.advance(47h);
    const auto second = put("a", "2");
    age.pass_days(2);
    EXPECT_EQ(calls.list("photos").size(), 2U);
    remove("a", second);
    age.run();
    EXPECT_FALSE(get("a")) << "the first was due long ago";
    EXPECT_EQ(calls.list("photos").size(), 2U);
}

TEST_P(ageing, sizes_are_held_to_the_filter) {
    auto rule = rule_for("r");
    rule.filter.size_greater_than = 2;
    rule.filter.size_less_than = 4;
    rule.expire_days = 1;
    age.set_rules({rule});
    put("two", "xx");
    put("three", "xxx");
    put("four", "xxxx");
    age.pass_days(2);
    EXPECT_EQ(age.keys(), (texts{"four", "two"}));
}

TEST_P(ageing, uploads_that_nobody_completes_are_aborted) {
    const auto early = at.create_upload("photos", "a/early");
    auto rule = rule_for("r", "a/");
    rule.abort_days = 2;
    age.set_rules({rule});
    const auto done = at.create_upload("photos", "a/done");
    const auto late = at.create_upload("photos", "a/late");
    ASSERT_TRUE(at.create_upload("photos", "b"));
    const auto part = at.put_part("photos", "a/done", *done, 1, "bytes");
    ASSERT_TRUE(at.put_part("photos", "a/late", *late, 1, "bytes"));
    ASSERT_TRUE(at.complete("photos", "a/done", *done, {*part}));
    age.pass_days(2);
    EXPECT_EQ(age.uploads().size(), 3U);
    at.time.advance(24h);
    ASSERT_TRUE(at.create_upload("photos", "a/new"));
    age.run();
    EXPECT_EQ(age.uploads(), (texts{"a/new", "b"}));
    EXPECT_EQ(age.count(lifecycle_action::abort_upload), 2U);
    EXPECT_EQ(age.keys(), texts{"a/done"});
}

TEST_P(ageing, a_restart_changes_nothing) {
    enable();
    for (int i = 0; i < 20; ++i)
        put("k" + std::to_string(i), "x");
    auto rule = rule_for("r", "k");
    rule.expire_days = 1;
    rule.noncurrent_days = 3;
    age.set_rules({rule});
    at.reopen();
    put("k1", "y");
    age.pass_days(2);
    at.reopen();
    EXPECT_TRUE(age.keys().empty());
    EXPECT_EQ(calls.list("photos").size(), 41U);
    age.pass_days(2);
    at.reopen();
    age.pass_days(4);
    EXPECT_TRUE(calls.list("photos").empty());
}

TEST_P(ageing, other_rules_count_at_once) {
    put("a", "x");
    put("b", "x");
    auto rule = rule_for("r", "a");
    rule.expire_days = 5;
    age.set_rules({rule});
    age.pass_days(3);
    rule.expire_days = 1;
    rule.enabled = false;
    age.set_rules({rule});
    age.run();
    EXPECT_EQ(age.keys(), (texts{"a", "b"}));
    rule.enabled = true;
    age.set_rules({rule});
    age.run();
    EXPECT_EQ(age.keys(), texts{"b"});
    rule.filter.prefix = "b";
    age.set_rules({rule});
    age.set_rules({});
    age.run();
    EXPECT_EQ(age.keys(), texts{"b"}) << "there are no rules any more";
}

TEST_P(ageing, a_clock_that_steps_back_leaves_nothing_out) {
    auto rule = rule_for("r");
    rule.expire_days = 1;
    age.set_rules({rule});
    age.pass_days(10);
    at.time.advance(-std::chrono::hours(24 * 8));
    put("a", "x");
    age.run();
    age.pass_days(2);
    EXPECT_TRUE(age.keys().empty());
}

TEST_P(ageing, the_background_does_it_too) {
    auto rule = rule_for("r");
    rule.expire_days = 1;
    age.set_rules({rule});
    put("a", "x");
    at.time.advance(48h);
    EXPECT_TRUE(at.settle([&] { return age.keys().empty(); }));
}

TEST_P(ageing, a_forecast_shows_what_will_go) {
    enable();
    put("a", "1");
    put("a", "22");
    put("b", "1");
    remove("c");
    const auto upload = at.create_upload("photos", "u");
    auto rule = rule_for("r");
    rule.expire_days = 1;
    rule.noncurrent_days = 2;
    rule.abort_days = 3;
    const auto forecast = [&](wall_time until, std::size_t limit) {
        texts out;
        lifecycle_forecast_request request{"photos", until, {}, limit};
        for (;;) {
            const auto page = at.wait(at.store().forecast_lifecycle(request));
            EXPECT_TRUE(page);
            for (const auto& one : page->entries)
                out.push_back(
                    one.key + " " + std::string(lifecycle_action_name(one.action)) + " " +
                    std::to_string(one.size_bytes) + " " + one.rule_id
                );
            if (page->next.empty())
                return out;
            request.after = page->next;
        }
    };
    EXPECT_TRUE(forecast(wall_time::max(), 10).empty()) << "no rules";
    age.set_rules({rule});
    const texts all{
        "a expire_current 2 r",
        "b expire_current 1 r",
        "u abort_upload 0 r",
        "a remove_noncurrent 1 r",
        "c remove_marker 0 r"};
    for (const std::size_t limit : {1U, 2U, 1'000U})
        EXPECT_EQ(forecast(wall_time::max(), limit), all) << limit;
    EXPECT_EQ(
        forecast(at.time.now() + 40h, 1'000),
        (texts{"a expire_current 2 r", "b expire_current 1 r", "c remove_marker 0 r"})
    );
    EXPECT_EQ(
        at.wait(at.store().forecast_lifecycle({"none", wall_time::max(), {}, 10})).error(),
        errc::no_such_bucket
    );
    EXPECT_EQ(
        at.wait(at.store().forecast_lifecycle({"photos", wall_time::max(), "zz", 10})).error(),
        errc::invalid_argument
    );
}

TEST_P(ageing, what_is_locked_stays_until_its_lock_ends) {
    enable();
    ASSERT_TRUE(at.wait(at.store().enable_object_lock("photos")));
    const auto retained = put("retained", "1");
    const auto held = put("held", "1");
    const auto free = put("free", "1");
    const auto lock = [&](const std::string& key, const std::string& version, object_lock wanted) {
        const lock_change change = [wanted](object_lock& now) -> result<void> {
            now = wanted;
            return {};
        };
        ASSERT_TRUE(at.wait(at.store().change_lock({"photos", key, version}, change)));
    };
    lock("retained", retained, {retention{retention_mode::governance, at.time.now() + 80h}, {}});
    lock("held", held, {{}, true});
    for (const std::string key : {"retained", "held", "free"})
        put(key, "over it");
    auto rule = rule_for("r");
    rule.noncurrent_days = 1;
    age.set_rules({rule});
    age.pass_days(2);
    EXPECT_FALSE(get("free", free));
    EXPECT_TRUE(get("retained", retained)) << "the lifecycle bypasses nothing";
    EXPECT_TRUE(get("held", held));
    EXPECT_EQ(age.counts().refused, 2U);
    age.run();
    EXPECT_EQ(age.counts().refused, 2U) << "not asked about again before a day has passed";
    age.pass_days(1);
    EXPECT_TRUE(get("retained", retained));
    lock("held", held, {{}, false});
    age.run();
    EXPECT_FALSE(get("held", held)) << "a hold that is taken off is looked at at once";
    age.pass_days(2);
    EXPECT_FALSE(get("retained", retained)) << "its time has come";
}

}  // namespace
}  // namespace labstore::storage
