// What the contract of labstore/meta.hpp says of scans, held against every implementation.
#include "unit/meta/contract_fixture.hpp"

namespace labstore::meta {
namespace {

template <typename Engine>
class ScanContract : public Contract<Engine> {};

TYPED_TEST_SUITE(ScanContract, engines);

TYPED_TEST(ScanContract, ScansInByteOrderByPrefixAndAfter) {
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

TYPED_TEST(ScanContract, SkipsWhereItIsTold) {
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

TYPED_TEST(ScanContract, ScansPageByPage) {
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

TYPED_TEST(ScanContract, ScansTogetherShowOneState) {
    this->fill({"a1", "a2", "b1"});
    const auto pages = this->scan_together({{.prefix = "b"}, {.prefix = "a", .limit = 1}, {.prefix = "c"}});
    ASSERT_TRUE(pages);
    ASSERT_EQ(pages->size(), 3U);
    EXPECT_EQ((*pages)[0].rows.front().key, "b1");
    EXPECT_TRUE((*pages)[1].more);
    EXPECT_TRUE((*pages)[2].rows.empty());
    // A row moves to and fro meanwhile: every look finds it in exactly one place.
    std::atomic<bool> stop{false};
    std::thread mover([&] {
        for (int i = 0; !stop; ++i) {
            batch move;
            move.remove(i % 2 == 0 ? "b1" : "b2/1");
            move.put(i % 2 == 0 ? "b2/1" : "b1", "moved");
            EXPECT_TRUE(this->apply(std::move(move)));
        }
    });
    for (int i = 0; i < 300; ++i) {
        const auto seen = this->scan_together({{.prefix = "b1"}, {.prefix = "b2"}});
        EXPECT_TRUE(seen && (*seen)[0].rows.size() + (*seen)[1].rows.size() == 1);
    }
    stop = true;
    mover.join();
}

TYPED_TEST(ScanContract, MoreLooksNoFurtherThanThePrefix) {
    this->fill({"a1", "b1"});
    const auto listed = this->scan({.prefix = "a", .limit = 1});
    ASSERT_TRUE(listed);
    EXPECT_EQ(listed->rows.size(), 1U);
    EXPECT_FALSE(listed->more);
}

TYPED_TEST(ScanContract, KeysOnlyLeavesValuesEmpty) {
    this->fill({"a", "b"});
    const auto listed = this->scan({.keys_only = true});
    ASSERT_TRUE(listed);
    ASSERT_EQ(listed->rows.size(), 2U);
    EXPECT_TRUE(listed->rows[0].value.empty());
    EXPECT_GT(listed->rows[0].rev, 0U);
}

TYPED_TEST(ScanContract, APageIsBoundedInBytes) {
    const std::string large(page_bytes_max / 4, 'x');
    for (const auto* key : {"a", "b", "c", "d", "e", "f"})
        ASSERT_TRUE(put(this->index(), bucket, key, large));
    const auto listed = this->scan({});
    ASSERT_TRUE(listed);
    EXPECT_EQ(listed->rows.size(), 4U);
    EXPECT_TRUE(listed->more);
    EXPECT_EQ(this->keys({.keys_only = true}).size(), 6U);
}

}  // namespace
}  // namespace labstore::meta
