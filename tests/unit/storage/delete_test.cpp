#include "support/storage/store_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::storage {
namespace {

using namespace std::chrono_literals;

class deletion : public testing::TestWithParam<backend> {
  protected:
    void SetUp() override { ASSERT_TRUE(at.create_bucket("photos")); }

    std::vector<result<delete_result>> remove_all(std::vector<delete_entry> entries) {
        auto done = at.wait(at.store().delete_objects("photos", std::move(entries)));
        EXPECT_TRUE(done);
        return std::move(*done);
    }

    store_fixture at{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(
    over,
    deletion,
    testing::Values(backend::memory, backend::local),
    [](const auto& parameter) { return parameter.param == backend::memory ? "memory" : "local"; }
);

TEST_P(deletion, of_one_object) {
    ASSERT_TRUE(at.put("photos", "a", "1"));
    const auto removed = at.remove("photos", "a");
    ASSERT_TRUE(removed);
    EXPECT_TRUE(removed->existed);
    EXPECT_FALSE(removed->delete_marker);
    EXPECT_EQ(at.get("photos", "a").error(), errc::no_such_key);
    const auto again = at.remove("photos", "a");
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->existed);
    EXPECT_EQ(at.remove("nowhere", "a").error(), errc::no_such_bucket);
    at.reopen();
    EXPECT_EQ(at.get("photos", "a").error(), errc::no_such_key);
}

TEST_P(deletion, conditions_hold) {
    const auto put = at.put("photos", "a", "1");
    EXPECT_EQ(at.remove("photos", "a", {"\"x\"", {}, {}}).error(), errc::precondition_failed);
    EXPECT_EQ(at.remove("photos", "a", {{}, put->modified + 2s, {}}).error(), errc::precondition_failed);
    EXPECT_EQ(at.remove("photos", "a", {{}, {}, 2}).error(), errc::precondition_failed);
    EXPECT_TRUE(at.remove("photos", "a", {put->etag, put->modified, 1}));
    EXPECT_TRUE(at.remove("photos", "a", {"\"x\"", {}, {}})) << "what is not there needs no match";
}

TEST_P(deletion, by_version) {
    ASSERT_TRUE(at.put("photos", "a", "1"));
    EXPECT_FALSE(at.wait(at.store().delete_object({"photos", "a", "abc"}, {}))->existed);
    EXPECT_EQ(at.get("photos", "a").value(), "1");
    EXPECT_TRUE(at.wait(at.store().delete_object({"photos", "a", "null"}, {}))->existed);
    EXPECT_EQ(at.get("photos", "a").error(), errc::no_such_key);
}

TEST_P(deletion, of_many_tells_each_its_outcome) {
    for (const auto* key : {"a", "b", "c"})
        ASSERT_TRUE(at.put("photos", key, key));
    const auto outcomes = remove_all({
        {"a", {}, {}},
        {"missing", {}, {}},
        {"b", {}, {"\"x\"", {}, {}}},
        {"c", {}, {}},
        {"c", {}, {}},
        {std::string(2000, 'k'), {}, {}},
    });
    ASSERT_EQ(outcomes.size(), 6U);
    EXPECT_TRUE(outcomes[0]->existed);
    EXPECT_FALSE(outcomes[1]->existed);
    EXPECT_EQ(outcomes[2].error(), errc::precondition_failed);
    EXPECT_TRUE(outcomes[3]->existed);
    EXPECT_FALSE(outcomes[4]->existed) << "the same key twice: the second finds nothing";
    EXPECT_EQ(outcomes[5].error(), errc::key_too_long);
    EXPECT_EQ(at.list({"photos", "", "", "", 1000}), std::vector<std::string>{"b"});
    EXPECT_EQ(at.wait(at.store().delete_objects("nowhere", {{"a", {}, {}}})).error(), errc::no_such_bucket);
}

TEST_P(deletion, of_a_thousand_is_one_batch) {
    std::vector<delete_entry> entries;
    for (int i = 0; i < 1000; ++i) {
        ASSERT_TRUE(at.put("photos", std::to_string(i), "x"));
        entries.push_back({std::to_string(i), {}, {}});
    }
    const auto before = GetParam() == backend::memory ? at.memory_index().apply_count() : 0;
    for (const auto& outcome : remove_all(std::move(entries)))
        EXPECT_TRUE(outcome->existed);
    if (GetParam() == backend::memory) {
        EXPECT_EQ(at.memory_index().apply_count() - before, 1U);
    }
    EXPECT_TRUE(at.list({"photos", "", "", "", 1000}).empty());
}

TEST(deletions, of_many_survive_conflicts_and_unknown_outcomes) {
    for (const auto what :
         {meta::injected::conflict, meta::injected::unknown_applied, meta::injected::unknown_not_applied}) {
        store_fixture at(backend::memory);
        ASSERT_TRUE(at.create_bucket("photos"));
        ASSERT_TRUE(at.put("photos", "a", "1"));
        ASSERT_TRUE(at.put("photos", "b", "2"));
        at.memory_index().inject(what);
        auto done = at.wait(at.store().delete_objects("photos", {{"a", {}, {}}, {"b", {}, {}}}));
        ASSERT_TRUE(done);
        for (const auto& outcome : *done)
            EXPECT_TRUE(outcome);
        EXPECT_TRUE(at.list({"photos", "", "", "", 1000}).empty());
        EXPECT_TRUE(at.settle([&] { return at.memory_blobs().count() == 0; }));
    }
}

TEST(deletions, of_many_part_in_halves_while_they_are_disturbed) {
    store_fixture at(backend::memory);
    ASSERT_TRUE(at.create_bucket("photos"));
    std::vector<delete_entry> entries;
    for (int i = 0; i < 64; ++i) {
        const auto key = std::to_string(100 + i);
        ASSERT_TRUE(at.put("photos", key, key));
        entries.push_back({key, {}, {}});
    }
    // As many as the whole is tried with.
    for (std::size_t i = 0; i < 3; ++i)
        at.memory_index().inject(meta::injected::conflict, i);
    const auto before = at.memory_index().apply_count();
    const auto done = at.wait(at.store().delete_objects("photos", std::move(entries)));
    EXPECT_EQ(at.memory_index().apply_count() - before, 5U) << "three in vain, then each half at once";
    ASSERT_TRUE(done);
    for (const auto& outcome : *done)
        EXPECT_TRUE(outcome->existed);
    EXPECT_TRUE(at.list({"photos", "", "", "", 1000}).empty());
}

TEST(deletions, of_many_report_a_full_store_to_each) {
    store_fixture at(backend::memory);
    ASSERT_TRUE(at.create_bucket("photos"));
    ASSERT_TRUE(at.put("photos", "a", "1"));
    at.memory_index().inject(meta::injected::full);
    auto done = at.wait(at.store().delete_objects("photos", {{"a", {}, {}}}));
    ASSERT_TRUE(done);
    EXPECT_EQ((*done)[0].error(), errc::full);
    EXPECT_EQ(at.get("photos", "a").value(), "1");
}

}  // namespace
}  // namespace labstore::storage
