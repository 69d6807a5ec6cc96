#include "storage/row_keys.hpp"
#include "storage/walk.hpp"
#include "support/storage/store_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace labstore::storage {
namespace {

using names = std::vector<std::string>;

class listing : public testing::TestWithParam<backend> {
  protected:
    void SetUp() override { ASSERT_TRUE(at.create_bucket("photos")); }

    void put_all(const names& keys) {
        for (const auto& key : keys)
            ASSERT_TRUE(at.put("photos", key, ""));
    }

    names list(std::string prefix, std::string delimiter, std::string after = {}, std::size_t limit = 1000) {
        list_request request;
        request.bucket = "photos";
        request.prefix = std::move(prefix);
        request.delimiter = std::move(delimiter);
        request.after = std::move(after);
        request.limit = limit;
        return at.list(std::move(request));
    }

    store_fixture at{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(
    over,
    listing,
    testing::Values(backend::memory, backend::local),
    [](const auto& parameter) { return parameter.param == backend::memory ? "memory" : "local"; }
);

TEST_P(listing, is_in_byte_order_with_prefix_and_start) {
    put_all({"b", "a", "a/2", "a/10", "a0", "c", "\xc3\xa9"});
    EXPECT_EQ(list("", ""), (names{"a", "a/10", "a/2", "a0", "b", "c", "\xc3\xa9"}));
    EXPECT_EQ(list("a", ""), (names{"a", "a/10", "a/2", "a0"}));
    EXPECT_EQ(list("a/", ""), (names{"a/10", "a/2"}));
    EXPECT_EQ(list("", "", "a/10"), (names{"a/2", "a0", "b", "c", "\xc3\xa9"}));
    EXPECT_EQ(list("b", "", "a"), (names{"b"}));
    EXPECT_EQ(list("a", "", "b"), names{});
    EXPECT_EQ(list("x", ""), names{});
}

TEST_P(listing, rolls_up_common_prefixes) {
    put_all({"a", "d/1", "d/2", "d/e/3", "d0", "e/", "f//x", "z"});
    EXPECT_EQ(list("", "/"), (names{"a", "d/*", "d0", "e/*", "f/*", "z"}));
    EXPECT_EQ(list("d/", "/"), (names{"d/1", "d/2", "d/e/*"}));
    EXPECT_EQ(list("d", "/"), (names{"d/*", "d0"}));
    EXPECT_EQ(list("f/", "/"), (names{"f//*"}));
    EXPECT_EQ(list("e/", "/"), (names{"e/"}));
    EXPECT_EQ(list("", "/e/"), (names{"a", "d/1", "d/2", "d/e/*", "d0", "e/", "f//x", "z"}));
    // A common prefix given as the start is passed as a whole, and so is one that the start lies in.
    EXPECT_EQ(list("", "/", "d/"), (names{"d0", "e/*", "f/*", "z"}));
    EXPECT_EQ(list("", "/", "d/1"), (names{"d0", "e/*", "f/*", "z"}));
    EXPECT_EQ(list("", "/", "d"), (names{"d/*", "d0", "e/*", "f/*", "z"}));
}

TEST_P(listing, says_exactly_whether_there_is_more) {
    put_all({"a/1", "a/2", "b", "c/1", "c/2"});
    list_request request;
    request.bucket = "photos";
    request.delimiter = "/";
    request.limit = 3;
    auto page = at.wait(at.store().list_objects(request));
    ASSERT_TRUE(page);
    EXPECT_EQ(page->entries.size(), 3U);
    EXPECT_FALSE(page->more) << "all of c/ is in its common prefix";
    request.limit = 2;
    page = at.wait(at.store().list_objects(request));
    EXPECT_TRUE(page->more);
    EXPECT_EQ(page->next, "b");
    request.limit = 1;
    page = at.wait(at.store().list_objects(request));
    EXPECT_TRUE(page->more);
    EXPECT_EQ(page->next, "a/");
    request.delimiter.clear();
    request.limit = 5;
    EXPECT_FALSE(at.wait(at.store().list_objects(request))->more);
    request.limit = 4;
    EXPECT_TRUE(at.wait(at.store().list_objects(request))->more);
    request.limit = 0;
    page = at.wait(at.store().list_objects(request));
    EXPECT_TRUE(page->entries.empty());
    EXPECT_FALSE(page->more);
    request.bucket = "nowhere";
    EXPECT_EQ(at.wait(at.store().list_objects(request)).error(), errc::no_such_bucket);
}

TEST_P(listing, shows_what_a_listing_shows) {
    put_request request;
    request.attributes.storage_class = "GLACIER";
    ASSERT_TRUE(at.put("photos", "a", "hello", request));
    list_request wanted;
    wanted.bucket = "photos";
    const auto page = at.wait(at.store().list_objects(wanted));
    ASSERT_EQ(page->entries.size(), 1U);
    const auto& shown = std::get<listed_object>(page->entries[0]);
    EXPECT_EQ(shown.size_bytes, 5U);
    EXPECT_EQ(shown.etag.view(), md5_hex("hello"));
    EXPECT_EQ(shown.storage_class, "GLACIER");
    EXPECT_EQ(shown.owner_id, test_owner().id);
    EXPECT_EQ(shown.owner_name, test_owner().display_name);
}

/// What S3's rules say, over a sorted set.
names model(
    const std::set<std::string>& keys,
    const std::string& prefix,
    const std::string& delimiter,
    const std::string& after
) {
    names out;
    for (const auto& key : keys) {
        if (!key.starts_with(prefix))
            continue;
        auto shown = key;
        bool rolled = false;
        if (const auto up = roll_up(key, prefix, delimiter)) {
            shown = std::string(*up);
            rolled = true;
        }
        if (shown <= after)
            continue;
        if (rolled)
            shown += "*";
        if (out.empty() || out.back() != shown)
            out.push_back(shown);
    }
    return out;
}

TEST(listings, agree_with_a_model_whatever_the_keys) {
    using namespace std::string_literals;
    const names letters{"a", "b", "/", "\0"s, "\x01", "\xc3\xa9", "//"};
    std::mt19937 random(7);
    const auto pick = [&] {
        return letters[random() % letters.size()];
    };
    for (int round = 0; round < 15; ++round) {
        store_fixture at(backend::memory);
        ASSERT_TRUE(at.create_bucket("photos"));
        std::set<std::string> keys;
        for (int i = 0; i < 120; ++i) {
            std::string key;
            for (auto length = 1 + random() % 5; length > 0; --length)
                key += pick();
            if (keys.insert(key).second) {
                ASSERT_TRUE(at.put("photos", key, ""));
            }
        }
        for (int i = 0; i < 60; ++i) {
            list_request request;
            request.bucket = "photos";
            request.prefix = random() % 2 == 0 ? "" : pick();
            request.delimiter = random() % 3 == 0 ? "" : pick();
            request.after = random() % 2 == 0 ? "" : pick() + pick();
            request.limit = 1 + random() % 9;
            EXPECT_EQ(at.list(request), model(keys, request.prefix, request.delimiter, request.after))
                << "prefix " << request.prefix << " delimiter " << request.delimiter << " after "
                << request.after;
        }
    }
}

/// Counts what a listing reads.
class counting_store final : public meta::store {
  public:
    explicit counting_store(meta::store& below) : below_(below) {}

    meta::awaitable<result<std::optional<meta::entry>>> get(meta::partition_id partition, std::string key)
        override {
        return below_.get(partition, std::move(key));
    }

    meta::awaitable<result<meta::page>> scan(meta::partition_id partition, meta::scan_request request)
        override {
        auto page = co_await below_.scan(partition, std::move(request));
        ++scans;
        if (page)
            rows += page->rows.size();
        co_return page;
    }

    meta::awaitable<result<meta::revision>> apply(
        meta::partition_id partition, meta::batch changes, meta::sync mode
    ) override {
        return below_.apply(partition, std::move(changes), mode);
    }

    [[nodiscard]] bool writable() const noexcept override { return true; }

    [[nodiscard]] meta::stats statistics() const override { return {}; }

    [[nodiscard]] result<void> close() override { return {}; }

    std::size_t scans = 0;
    std::size_t rows = 0;

  private:
    meta::store& below_;
};

class listing_cost : public testing::Test {
  protected:
    void add(const std::string& key) { batch.put(row_keys::object(key), "value"); }

    walk_page walk_all(const std::string& prefix, std::size_t limit) {
        if (!batch.mutations.empty()) {
            EXPECT_TRUE(index.apply_now(partition, batch));
            batch.mutations.clear();
        }
        walk_request request;
        request.kind = row_keys::object_kind;
        request.partition = partition;
        request.prefix = prefix;
        request.delimiter = "/";
        request.limit = limit;
        counted.rows = 0;
        counted.scans = 0;
        auto page = at.wait(walk(counted, std::move(request)));
        EXPECT_TRUE(page);
        return std::move(*page);
    }

    meta::partition_id partition{5};
    meta::memory_store index{{.batch_rows_max = 1'000'000, .batch_bytes_max = 1 * GiB}};
    counting_store counted{index};
    store_fixture at{backend::memory};
    meta::batch batch;
};

TEST_F(listing_cost, does_not_grow_with_what_lies_under_a_prefix) {
    for (int i = 0; i < 100'000; ++i)
        add("deep/" + std::to_string(i));
    add("after");
    add("zebra");
    const auto page = walk_all("", 1000);
    ASSERT_EQ(page.entries.size(), 3U);
    EXPECT_EQ(page.entries[1].name, "deep/");
    EXPECT_EQ(counted.rows, 3U);
    EXPECT_EQ(counted.scans, 1U);
}

TEST_F(listing_cost, of_many_deep_prefixes_follows_the_prefixes) {
    for (int i = 0; i < 500; ++i)
        for (int j = 0; j < 100; ++j)
            add("p" + std::to_string(1000 + i) + "/" + std::to_string(j));
    const auto page = walk_all("", 1000);
    EXPECT_EQ(page.entries.size(), 500U);
    EXPECT_EQ(counted.rows, 500U);
    EXPECT_EQ(counted.scans, 1U);
}

TEST_F(listing_cost, of_a_flat_folder_follows_its_keys_in_few_scans) {
    for (int i = 0; i < 20'000; ++i)
        add("flat/" + std::to_string(100'000 + i));
    const auto page = walk_all("flat/", 1000);
    EXPECT_EQ(page.entries.size(), 1000U);
    EXPECT_TRUE(page.more);
    EXPECT_EQ(counted.rows, 1'000U);
    EXPECT_EQ(counted.scans, 1U);
}

}  // namespace
}  // namespace labstore::storage
