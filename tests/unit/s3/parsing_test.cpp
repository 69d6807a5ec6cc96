#include "s3/address.hpp"
#include "s3/copy_source.hpp"
#include "s3/object_headers.hpp"
#include "s3/query.hpp"
#include "s3/range.hpp"
#include "s3/tagging.hpp"

#include "labstore/auth.hpp"

#include <gtest/gtest.h>

namespace labstore::s3 {
namespace {

TEST(address, path_style) {
    struct row {
        std::string_view path;
        std::string_view bucket;
        std::string_view key;
    };

    constexpr row rows[] = {
        {"/", "", ""},
        {"/b", "b", ""},
        {"/b/", "b", ""},
        {"/b/k", "b", "k"},
        {"/b/k/", "b", "k/"},
        {"/b//k", "b", "/k"},
        {"/b/../k", "b", "../k"},
        {"/b/a%2Fb%20c+d", "b", "a/b c+d"},
        {"/b/%2525", "b", "%25"},
        {"/b/%01", "b", "\x01"},
        {"/b/%C3%A9", "b", "\xC3\xA9"},
        {"/%62/k", "b", "k"},
    };
    for (const auto& [path, bucket, key] : rows) {
        const auto parsed = parse_address("localhost:6789", path, {});
        ASSERT_TRUE(parsed) << path;
        EXPECT_EQ(parsed->bucket, bucket) << path;
        EXPECT_EQ(parsed->key, key) << path;
    }
}

TEST(address, virtual_host_style) {
    struct row {
        std::string_view host;
        std::string_view path;
        std::string_view bucket;
        std::string_view key;
    };

    constexpr row rows[] = {
        {"b.s3.test", "/k", "b", "k"},
        {"b.s3.test:6789", "/", "b", ""},
        {"B.S3.TEST", "/b/k", "b", "b/k"},
        {"a.b.s3.test", "/k", "a.b", "k"},
        {"s3.test", "/b/k", "b", "k"},
        {"s3.test:80", "/b", "b", ""},
        {"xs3.test", "/b/k", "b", "k"},
        {"127.0.0.1:6789", "/b/k", "b", "k"},
        {"[::1]:6789", "/b/k", "b", "k"},
        {"b.other.test", "/k", "b", ""},
    };
    const std::vector<std::string> domains{"s3.test", "other.test"};
    for (const auto& [host, path, bucket, key] : rows) {
        const auto parsed = parse_address(host, path, domains);
        ASSERT_TRUE(parsed) << host;
        if (host == "b.other.test") {
            EXPECT_EQ(parsed->key, "k");
            continue;
        }
        EXPECT_EQ(parsed->bucket, bucket) << host;
        EXPECT_EQ(parsed->key, key) << host;
    }
}

/// auth signs the bucket of the Host and s3 serves it: with nested domains as well, in whichever order they are given.
TEST(address, nested_domains_are_read_as_auth_reads_them) {
    struct row {
        std::string_view host;
        std::string_view bucket;
        std::string_view key;
    };

    constexpr row rows[] = {
        {"b.s3.test", "b", "bkt/k"},
        {"b.x.s3.test:6789", "b", "bkt/k"},
        {"B.X.S3.TEST:", "b", "bkt/k"},
        {"x.s3.test", "bkt", "k"},
        {"X.s3.test:80", "bkt", "k"},
        {"s3.test", "bkt", "k"},
        {".s3.test", "bkt", "k"},
        {"bx.s3.test", "bx", "bkt/k"},
    };
    for (const auto& domains :
         {std::vector<std::string>{"s3.test", "x.s3.test"},
          std::vector<std::string>{"x.S3.test", "s3.test"}}) {
        for (const auto& [host, bucket, key] : rows) {
            const auto parsed = parse_address(host, "/bkt/k", domains);
            ASSERT_TRUE(parsed) << host;
            EXPECT_EQ(parsed->bucket, bucket) << host;
            EXPECT_EQ(parsed->key, key) << host;
            const auto signed_for = auth::virtual_host_bucket(host, domains);
            EXPECT_EQ(signed_for.empty() ? "bkt" : signed_for, bucket) << host;
        }
    }
}

TEST(address, refuses_what_names_nothing) {
    EXPECT_EQ(parse_address("h", "/b/%zz", {}).error(), errc::invalid_uri);
    EXPECT_EQ(parse_address("h", "/b%2/k", {}).error(), errc::invalid_uri);
    EXPECT_EQ(parse_address("h", "//k", {}).error(), errc::invalid_bucket_name);
    EXPECT_EQ(parse_address("h", "b", {}).error(), errc::invalid_uri);
}

TEST(query, decodes_once) {
    const auto parsed = query_parameters::parse("a=1&b=x+y%2Bz&c&d=&a=2&%65=%26&&f=g=h");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->text("a"), "1");
    EXPECT_EQ(parsed->text("b"), "x y+z");
    EXPECT_TRUE(parsed->has("c"));
    EXPECT_TRUE(parsed->has("d"));
    EXPECT_FALSE(parsed->has("g"));
    EXPECT_EQ(parsed->text("e"), "&");
    EXPECT_EQ(parsed->text("f"), "g=h");
    EXPECT_EQ(query_parameters::parse("a=%2").error(), errc::invalid_uri);
    EXPECT_EQ(query_parameters::parse("a=%C3%A9")->text("a"), "\xC3\xA9");
    for (const auto* bad : {"a=%ff", "a=1&b=%C3", "%ff=1", "%ff", "a=%ED%A0%80"})
        EXPECT_EQ(query_parameters::parse(bad).error(), errc::invalid_uri) << bad;
}

TEST(range, table) {
    using enum range_verdict;

    struct row {
        std::string_view header;
        std::uint64_t size;
        range_verdict verdict;
        byte_range bytes;
    };

    constexpr row rows[] = {
        {"bytes=0-0", 10, part, {0, 1}},
        {"bytes=2-5", 10, part, {2, 4}},
        {"bytes=2-500", 10, part, {2, 8}},
        {"bytes=0-18446744073709551615", 10, part, {0, 10}},
        {"bytes=0-99999999999999999999999", 10, part, {0, 10}},
        {"bytes=9-", 10, part, {9, 1}},
        {"bytes=-3", 10, part, {7, 3}},
        {"bytes=-30", 10, part, {0, 10}},
        {"BYTES=1-2", 10, part, {1, 2}},
        {"bytes=10-", 10, not_satisfiable, {}},
        {"bytes=40-50", 10, not_satisfiable, {}},
        {"bytes=99999999999999999999999-", 10, not_satisfiable, {}},
        {"bytes=-0", 10, not_satisfiable, {}},
        {"bytes=0-0", 0, not_satisfiable, {}},
        {"bytes=0-", 0, not_satisfiable, {}},
        {"bytes=-5", 0, not_satisfiable, {}},
        {"bytes=5-2", 10, whole, {}},
        {"bytes=", 10, whole, {}},
        {"bytes=-", 10, whole, {}},
        {"bytes=a-b", 10, whole, {}},
        {"bytes=1-b", 10, whole, {}},
        {"bytes=1-2,4-5", 10, whole, {}},
        {"bytes=+1-2", 10, whole, {}},
        {"items=0-1", 10, whole, {}},
        {"0-1", 10, whole, {}},
        {"", 10, whole, {}},
    };
    for (const auto& [header, size, verdict, bytes] : rows) {
        const auto decided = decide_range(header, size);
        EXPECT_EQ(decided.verdict, verdict) << header << " of " << size;
        EXPECT_EQ(decided.bytes, bytes) << header << " of " << size;
    }
}

TEST(range, copy_range_needs_both_ends) {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    EXPECT_TRUE(parse_copy_range("bytes=3-9", first, last));
    EXPECT_EQ(first, 3U);
    EXPECT_EQ(last, 9U);
    for (const auto bad : {"bytes=3-", "bytes=-3", "3-9", "bytes=9-3", "bytes=3-9,11-12", "bytes 3-9", ""})
        EXPECT_FALSE(parse_copy_range(bad, first, last)) << bad;
}

TEST(tagging, table) {
    const auto tags = parse_tagging("a=1&b%20c=d%2Be&f");
    ASSERT_TRUE(tags);
    EXPECT_EQ(*tags, (tag_list{{"a", "1"}, {"b c", "d+e"}, {"f", ""}}));
    EXPECT_EQ(parse_tagging("a=1&a=2").error(), errc::invalid_tag);
    EXPECT_EQ(parse_tagging("=1").error(), errc::invalid_tag);
    EXPECT_EQ(parse_tagging("aws:a=1").error(), errc::invalid_tag);
    EXPECT_EQ(parse_tagging("a=%3C").error(), errc::invalid_tag);
    EXPECT_EQ(parse_tagging("a=%FF").error(), errc::invalid_argument);
    EXPECT_EQ(parse_tagging("a=%2").error(), errc::invalid_argument);
    EXPECT_TRUE(parse_tagging(std::string(128, 'k') + '=' + std::string(256, 'v')));
    EXPECT_EQ(parse_tagging(std::string(129, 'k') + "=v").error(), errc::invalid_tag);
    EXPECT_EQ(parse_tagging("k=" + std::string(257, 'v')).error(), errc::invalid_tag);
    EXPECT_TRUE(parse_tagging("1&2&3&4&5&6&7&8&9&10"));
    EXPECT_EQ(parse_tagging("1&2&3&4&5&6&7&8&9&10&11").error(), errc::bad_request);
}

TEST(copy_source, table) {
    struct row {
        std::string_view header;
        std::string_view bucket;
        std::string_view key;
        std::string_view version;
    };

    constexpr row rows[] = {
        {"b/k", "b", "k", ""},
        {"/b/k", "b", "k", ""},
        {"b%2Fk", "b", "k", ""},
        {"/b/a/b", "b", "a/b", ""},
        {"b/a%20b+c", "b", "a b+c", ""},
        {"b/%2525", "b", "%25", ""},
        {"b/k?versionId=null", "b", "k", "null"},
        {"b/%3FversionId", "b", "?versionId", ""},
        {"b/k%3FversionId%3D1", "b", "k?versionId=1", ""},
    };
    for (const auto& [header, bucket, key, version] : rows) {
        const auto parsed = parse_copy_source(header);
        ASSERT_TRUE(parsed) << header;
        EXPECT_EQ(parsed->bucket, bucket) << header;
        EXPECT_EQ(parsed->key, key) << header;
        EXPECT_EQ(parsed->version_id, version) << header;
    }
    EXPECT_EQ(parse_copy_source("b/k?versionId=foo").error(), errc::invalid_version_id);
    EXPECT_TRUE(parse_copy_source("b/k?versionId=" + std::string(32, 'a')));
    for (const auto bad : {"", "/", "b", "b/", "/b", "//k", "b/%2", "b/k?versionId="})
        EXPECT_EQ(parse_copy_source(bad).error(), errc::invalid_copy_source) << bad;
}

TEST(content_encoding, drops_the_transfer) {
    EXPECT_EQ(stored_content_encoding("gzip"), "gzip");
    EXPECT_EQ(stored_content_encoding("deflate, gzip"), "deflate, gzip");
    EXPECT_EQ(stored_content_encoding("gzip, aws-chunked"), "gzip");
    EXPECT_EQ(stored_content_encoding("aws-chunked,gzip"), "gzip");
    EXPECT_EQ(stored_content_encoding("aws-chunked, AWS-Chunked"), "");
}

}  // namespace
}  // namespace labstore::s3
