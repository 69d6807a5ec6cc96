// The contract of labstore/meta.hpp, held against every implementation.
#include "support/meta/memory_store.hpp"
#include "unit/meta/store_fixture.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>

namespace labstore::meta {
namespace {

constexpr partition_id bucket{7};
constexpr partition_id other_bucket{8};

struct memory_engine {
    memory_store made{{.batch_rows_max = 100, .batch_bytes_max = 64 * MiB}};

    store& get() { return made; }
};

struct local_engine {
    scratch_folder folder;
    runtime::blocking_pool pool{{.threads = 2}};
    std::unique_ptr<store> made;

    local_engine() {
        auto settings = small_options(folder.path());
        settings.batch_rows_max = 100;
        made = open_or_fail(settings, pool);
    }

    store& get() { return *made; }
};

template <typename Engine>
class Contract : public testing::Test {
  protected:
    store& index() { return engine_.get(); }

    result<revision> apply(batch changes, partition_id partition = bucket) {
        return run(index().apply(partition, std::move(changes)));
    }

    result<page> scan(scan_request request, partition_id partition = bucket) {
        return run(index().scan(partition, std::move(request)));
    }

    std::vector<std::string> keys(scan_request request) {
        std::vector<std::string> found;
        const auto listed = scan(std::move(request));
        EXPECT_TRUE(listed);
        for (const auto& one : listed->rows)
            found.emplace_back(one.key);
        return found;
    }

    void fill(const std::vector<std::string>& names) {
        for (const auto& name : names)
            ASSERT_TRUE(put(index(), bucket, name, "value of " + name));
    }

    Engine engine_;
};

using engines = testing::Types<memory_engine, local_engine>;
TYPED_TEST_SUITE(Contract, engines);

using strings = std::vector<std::string>;

TYPED_TEST(Contract, AnEmptyStoreHasNothing) {
    EXPECT_EQ(value_of(this->index(), bucket, "k"), "(absent)");
    const auto listed = this->scan({});
    ASSERT_TRUE(listed);
    EXPECT_TRUE(listed->rows.empty());
    EXPECT_FALSE(listed->more);
    EXPECT_TRUE(this->index().writable());
}

TYPED_TEST(Contract, PutsGetsAndRemoves) {
    const auto first = put(this->index(), bucket, "k", "one");
    ASSERT_TRUE(first);
    EXPECT_GT(*first, 0U);
    auto found = get(this->index(), bucket, "k");
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->value, "one");
    EXPECT_EQ((*found)->rev, *first);
    const auto second = put(this->index(), bucket, "k", "two");
    ASSERT_TRUE(second);
    EXPECT_NE(*second, *first);
    EXPECT_EQ(value_of(this->index(), bucket, "k"), "two");
    batch removal;
    removal.remove("k");
    removal.remove("never there");
    ASSERT_TRUE(this->apply(removal));
    EXPECT_EQ(value_of(this->index(), bucket, "k"), "(absent)");
}

TYPED_TEST(Contract, PartitionsAreApart) {
    ASSERT_TRUE(put(this->index(), bucket, "k", "mine"));
    ASSERT_TRUE(put(this->index(), other_bucket, "k", "theirs"));
    ASSERT_TRUE(put(this->index(), partition_id{~std::uint64_t{0}}, "k", "last"));
    EXPECT_EQ(value_of(this->index(), bucket, "k"), "mine");
    EXPECT_EQ(value_of(this->index(), system_partition, "k"), "(absent)");
    EXPECT_EQ(this->keys({}), strings{"k"});
    const auto last = this->scan({}, partition_id{~std::uint64_t{0}});
    ASSERT_TRUE(last);
    ASSERT_EQ(last->rows.size(), 1U);
    EXPECT_EQ(last->rows[0].value, "last");
}

TYPED_TEST(Contract, AnyBytesAreKeysAndValues) {
    const std::string odd("\0\xFF\n/..\x80", 7);
    ASSERT_TRUE(put(this->index(), bucket, odd, odd));
    ASSERT_TRUE(put(this->index(), bucket, std::string(1, '\0'), "nul"));
    ASSERT_TRUE(put(this->index(), bucket, std::string(3, '\xFF'), "high"));
    EXPECT_EQ(value_of(this->index(), bucket, odd), odd);
    EXPECT_EQ(this->keys({}), (strings{std::string(1, '\0'), odd, std::string(3, '\xFF')}));
    EXPECT_EQ(this->keys({.prefix = "\xFF"}), strings{std::string(3, '\xFF')});
}

TYPED_TEST(Contract, PreconditionsDecide) {
    const auto rev = put(this->index(), bucket, "k", "one");
    ASSERT_TRUE(rev);
    const auto judged = [this](precondition condition) {
        batch changes;
        changes.preconditions.push_back(std::move(condition));
        changes.put("mark", "x");
        return error_of(this->apply(std::move(changes)));
    };
    EXPECT_EQ(judged(absent("k")), errc::conflict);
    EXPECT_EQ(judged(absent("none")), errc::ok);
    EXPECT_EQ(judged(present("k")), errc::ok);
    EXPECT_EQ(judged(present("none")), errc::conflict);
    EXPECT_EQ(judged(at_revision("k", *rev)), errc::ok);
    EXPECT_EQ(judged(at_revision("k", *rev + 1)), errc::conflict);
    EXPECT_EQ(judged(at_revision("none", *rev)), errc::conflict);
    EXPECT_EQ(judged(has_value("k", "one")), errc::ok);
    EXPECT_EQ(judged(has_value("k", "on")), errc::conflict);
    EXPECT_EQ(judged(has_value("none", "one")), errc::conflict);
}

TYPED_TEST(Contract, AFailedPreconditionAppliesNothing) {
    ASSERT_TRUE(put(this->index(), bucket, "k", "one"));
    batch changes;
    changes.preconditions = {present("k"), absent("k")};
    changes.put("a", "x");
    changes.remove("k");
    EXPECT_EQ(error_of(this->apply(changes)), errc::conflict);
    EXPECT_EQ(value_of(this->index(), bucket, "a"), "(absent)");
    EXPECT_EQ(value_of(this->index(), bucket, "k"), "one");
    EXPECT_EQ(this->index().statistics().conflicts, 1U);
}

TYPED_TEST(Contract, PreconditionsSeeTheStateBeforeAndLaterMutationsWin) {
    batch changes;
    changes.preconditions = {absent("k")};
    changes.put("k", "one");
    changes.put("k", "two");
    changes.put("gone", "x");
    changes.remove("gone");
    const auto rev = this->apply(changes);
    ASSERT_TRUE(rev);
    EXPECT_EQ(value_of(this->index(), bucket, "k"), "two");
    EXPECT_EQ(value_of(this->index(), bucket, "gone"), "(absent)");
    EXPECT_EQ((*get(this->index(), bucket, "k"))->rev, *rev);
}

TYPED_TEST(Contract, ABatchWithoutMutationsOnlyJudges) {
    ASSERT_TRUE(put(this->index(), bucket, "k", "one"));
    batch holds;
    holds.preconditions = {present("k")};
    EXPECT_EQ(error_of(this->apply(holds)), errc::ok);
    batch fails;
    fails.preconditions = {absent("k")};
    EXPECT_EQ(error_of(this->apply(fails)), errc::conflict);
}

TYPED_TEST(Contract, AllRowsOfABatchShareItsRevision) {
    batch changes;
    changes.put("a", "1");
    changes.put("b", "2");
    const auto rev = this->apply(changes);
    ASSERT_TRUE(rev);
    const auto listed = this->scan({});
    ASSERT_TRUE(listed);
    ASSERT_EQ(listed->rows.size(), 2U);
    EXPECT_EQ(listed->rows[0].rev, *rev);
    EXPECT_EQ(listed->rows[1].rev, *rev);
}

TYPED_TEST(Contract, ScansInByteOrderByPrefixAndAfter) {
    this->fill({"a", "a/1", "a/2", "a0", "b", "\x7F", "\x80"});
    EXPECT_EQ(this->keys({}), (strings{"a", "a/1", "a/2", "a0", "b", "\x7F", "\x80"}));
    EXPECT_EQ(this->keys({.prefix = "a/"}), (strings{"a/1", "a/2"}));
    EXPECT_EQ(this->keys({.prefix = "a/", .after = "a/1"}), strings{"a/2"});
    EXPECT_EQ(this->keys({.prefix = "a/", .after = "a/10"}), strings{"a/2"});
    EXPECT_EQ(this->keys({.prefix = "a/", .after = "Z"}), (strings{"a/1", "a/2"}));
    EXPECT_EQ(this->keys({.prefix = "a/", .after = "a/2"}), strings{});
    EXPECT_EQ(this->keys({.prefix = "a/", .after = "b"}), strings{});
    EXPECT_EQ(this->keys({.after = "a0"}), (strings{"b", "\x7F", "\x80"}));
    EXPECT_EQ(this->keys({.prefix = "zz"}), strings{});
}

TYPED_TEST(Contract, SkipsWhereItIsTold) {
    strings names;
    for (const char folder : {'a', 'b', 'c'})
        for (int i = 0; i < 50; ++i)
            names.push_back(std::string(1, folder) + "/" + std::to_string(100 + i));
    names.emplace_back("d");
    this->fill(names);
    scan_request request;
    request.skip_to = [](std::string_view key) {
        const auto slash = key.find('/');
        return slash == std::string_view::npos ? std::string()
                                               : std::string(key.substr(0, slash + 1)) + '\x7f';
    };
    EXPECT_EQ(this->keys(request), (strings{"a/100", "b/100", "c/100", "d"}));
    request.after = "a/120";
    EXPECT_EQ(this->keys(request), (strings{"a/121", "b/100", "c/100", "d"}));
    request.limit = 2;
    const auto two = this->scan(request);
    ASSERT_TRUE(two);
    EXPECT_EQ(two->rows.size(), 2U);
    EXPECT_TRUE(two->more);
    request.after = "c/";
    EXPECT_FALSE(this->scan(request)->more) << "all that is left is on the page, or skipped";
    // Past the prefix, and so past the end.
    request.prefix = "b/";
    request.after.clear();
    request.limit = page_rows_max;
    EXPECT_EQ(this->keys(request), (strings{"b/100"}));
}

TYPED_TEST(Contract, ScansPageByPage) {
    strings names;
    for (int i = 100; i < 125; ++i)
        names.push_back("k" + std::to_string(i));
    this->fill(names);
    strings found;
    scan_request request{.prefix = "k", .limit = 10};
    int pages = 0;
    for (bool more = true; more; ++pages) {
        const auto listed = this->scan(request);
        ASSERT_TRUE(listed);
        ASSERT_LE(listed->rows.size(), 10U);
        for (const auto& one : listed->rows) {
            found.emplace_back(one.key);
            EXPECT_EQ(one.value, "value of " + found.back());
        }
        more = listed->more;
        request.after = listed->rows.back().key;
    }
    EXPECT_EQ(found, names);
    EXPECT_EQ(pages, 3);
    const auto exact = this->scan({.prefix = "k", .limit = 25});
    ASSERT_TRUE(exact);
    EXPECT_FALSE(exact->more);
    const auto none = this->scan({.limit = 0});
    ASSERT_TRUE(none);
    EXPECT_TRUE(none->rows.empty());
    EXPECT_TRUE(none->more);
}

TYPED_TEST(Contract, MoreLooksNoFurtherThanThePrefix) {
    this->fill({"a1", "b1"});
    const auto listed = this->scan({.prefix = "a", .limit = 1});
    ASSERT_TRUE(listed);
    EXPECT_EQ(listed->rows.size(), 1U);
    EXPECT_FALSE(listed->more);
}

TYPED_TEST(Contract, KeysOnlyLeavesValuesEmpty) {
    this->fill({"a", "b"});
    const auto listed = this->scan({.keys_only = true});
    ASSERT_TRUE(listed);
    ASSERT_EQ(listed->rows.size(), 2U);
    EXPECT_TRUE(listed->rows[0].value.empty());
    EXPECT_GT(listed->rows[0].rev, 0U);
}

TYPED_TEST(Contract, APageIsBoundedInBytes) {
    const std::string large(page_bytes_max / 4, 'x');
    for (const auto* key : {"a", "b", "c", "d", "e", "f"})
        ASSERT_TRUE(put(this->index(), bucket, key, large));
    const auto listed = this->scan({});
    ASSERT_TRUE(listed);
    EXPECT_EQ(listed->rows.size(), 4U);
    EXPECT_TRUE(listed->more);
    EXPECT_EQ(this->keys({.keys_only = true}).size(), 6U);
}

TYPED_TEST(Contract, TooLargeABatchChangesNothing) {
    batch at_limit;
    for (int i = 0; i < 99; ++i)
        at_limit.put("k" + std::to_string(i), "v");
    at_limit.preconditions.push_back(absent("k0"));
    batch beyond = at_limit;
    beyond.put("one more", "v");
    EXPECT_EQ(error_of(this->apply(beyond)), errc::too_large);
    EXPECT_EQ(value_of(this->index(), bucket, "k0"), "(absent)");
    EXPECT_EQ(error_of(this->apply(at_limit)), errc::ok);
    batch heavy;
    heavy.put("heavy", std::string(64 * MiB, 'x'));
    EXPECT_EQ(error_of(this->apply(heavy)), errc::too_large);
}

awaitable<void> write_conditionally(store& index, batch changes, int& won, int& lost) {
    auto outcome = co_await index.apply(bucket, std::move(changes), sync::as_configured);
    if (outcome)
        ++won;
    else if (to_errc(outcome.error()) == errc::conflict)
        ++lost;
}

TYPED_TEST(Contract, OneOfAHundredConditionalWritersWins) {
    const auto start = put(this->index(), bucket, "replaced", "old");
    ASSERT_TRUE(start);
    for (const auto& condition :
         {absent("created"), at_revision("replaced", *start), has_value("created", "0")}) {
        runtime::asio::io_context context(1);
        runtime::task_group tasks;
        int won = 0;
        int lost = 0;
        for (int i = 0; i < 100; ++i) {
            batch changes;
            changes.preconditions.push_back(condition);
            changes.put(condition.key, condition.value.empty() ? "0" : "1");
            tasks.spawn(
                context.get_executor(), write_conditionally(this->index(), std::move(changes), won, lost)
            );
        }
        context.run();
        EXPECT_EQ(won, 1);
        EXPECT_EQ(lost, 99);
    }
}

/// Random batches of a few keys, held against a map.
TYPED_TEST(Contract, FollowsTheModel) {
    std::mt19937 engine(11);
    std::map<std::string, std::pair<std::string, revision>> model;
    for (int round = 0; round < 400; ++round) {
        batch changes;
        bool holds = true;
        const auto key = [&engine] {
            return "key" + std::to_string(engine() % 12);
        };
        for (unsigned i = engine() % 3; i > 0; --i) {
            const auto judged = key();
            const auto found = model.find(judged);
            const bool exists = found != model.end();
            if (engine() % 2 == 0 && exists) {
                changes.preconditions.push_back(at_revision(judged, found->second.second));
            } else if (engine() % 2 == 0) {
                changes.preconditions.push_back(absent(judged));
                holds = holds && !exists;
            } else {
                changes.preconditions.push_back(present(judged));
                holds = holds && exists;
            }
        }
        auto after = model;
        for (unsigned i = 1 + engine() % 3; i > 0; --i) {
            const auto changed = key();
            if (engine() % 4 == 0) {
                changes.remove(changed);
                after.erase(changed);
            } else {
                changes.put(changed, std::to_string(round));
                after[changed] = {std::to_string(round), 0};
            }
        }
        const auto outcome = this->apply(changes);
        ASSERT_EQ(error_of(outcome), holds ? errc::ok : errc::conflict);
        if (holds) {
            for (auto& row : after)
                if (row.second.second == 0)
                    row.second.second = *outcome;
            model = std::move(after);
        }
        const auto listed = this->scan({});
        ASSERT_TRUE(listed);
        ASSERT_EQ(listed->rows.size(), model.size());
        auto expected = model.begin();
        for (const auto& one : listed->rows) {
            ASSERT_EQ(one.key, expected->first);
            ASSERT_EQ(one.value, expected->second.first);
            ASSERT_EQ(one.rev, expected->second.second);
            ++expected;
        }
    }
}

}  // namespace
}  // namespace labstore::meta
