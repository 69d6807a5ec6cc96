#include "s3_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::s3 {
namespace {

class listing : public ::testing::Test {
  protected:
    void SetUp() override { s3.make_bucket(); }

    void put_all(const std::vector<std::string>& keys) {
        for (const auto& key : keys)
            s3.put(percent_encode(key, keep_slash::yes), "x");
    }

    /// The document of GET /bkt?... ; 200 expected.
    std::string list(const std::string& query) {
        const auto answer = s3.send("GET /bkt?" + query);
        EXPECT_EQ(answer->status(), 200U) << query << ' ' << answer->body();
        return answer->body();
    }

    static std::vector<std::string> keys(const std::string& document) { return elements(document, "Key"); }

    /// Without the prefix that was asked for, which comes first.
    static std::vector<std::string> common_prefixes(const std::string& document) {
        auto all = elements(document, "Prefix");
        all.erase(all.begin());
        return all;
    }

    s3_fixture s3;
};

using texts = std::vector<std::string>;

TEST_F(listing, answers_no_bytes_that_are_no_text) {
    put_all({"\xC3\xA9"});
    for (const auto* query :
         {"prefix=%ff",
          "delimiter=%C3",
          "delimiter=%A9",
          "marker=%ff",
          "list-type=2&start-after=%ff",
          "versions&key-marker=%ff",
          "versions&version-id-marker=%ff",
          "uploads&key-marker=%ff",
          "uploads&key-marker=a&upload-id-marker=%ff"})
        EXPECT_EQ(outcome(s3.send(std::string("GET /bkt?") + query)), "400 InvalidURI") << query;
}

TEST_F(listing, empty_bucket_golden) {
    EXPECT_EQ(
        list(""),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<ListBucketResult "
        "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>bkt</Name><Prefix></Prefix>"
        "<Marker></Marker><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>"
    );
    EXPECT_EQ(
        list("list-type=2"),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<ListBucketResult "
        "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>bkt</Name><Prefix></Prefix>"
        "<KeyCount>0</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>"
    );
}

TEST_F(listing, one_object_golden) {
    const auto etag = s3.put("k", "body");
    const auto modified = element(list(""), "LastModified");
    EXPECT_TRUE(parse_iso8601(modified));
    const auto facts = "<Contents><Key>k</Key><LastModified>" + modified + "</LastModified><ETag>&quot;" +
                       etag +
                       "&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>"
                       "<ChecksumType>FULL_OBJECT</ChecksumType><Size>4</Size>";
    const auto owner = "<Owner><ID>" + std::string(64, 'a') + "</ID><DisplayName>owner</DisplayName></Owner>";
    const std::string rest = "<StorageClass>STANDARD</StorageClass></Contents>";
    EXPECT_NE(list("").find(facts + owner + rest), std::string::npos);
    EXPECT_NE(list("list-type=2").find(facts + rest), std::string::npos);
    EXPECT_NE(list("list-type=2&fetch-owner=true").find(facts + owner + rest), std::string::npos);
}

TEST_F(listing, delimiter_and_markers_of_the_first_version) {
    put_all({"asdf", "boo/bar", "boo/baz/xyzzy", "cquux/bla", "cquux/thud"});
    auto page = list("delimiter=%2F&max-keys=1");
    EXPECT_EQ(keys(page), texts{"asdf"});
    EXPECT_EQ(element(page, "NextMarker"), "asdf");
    EXPECT_EQ(element(page, "IsTruncated"), "true");
    EXPECT_EQ(element(page, "Delimiter"), "/");
    page = list("delimiter=%2F&max-keys=1&marker=asdf");
    EXPECT_EQ(common_prefixes(page), texts{"boo/"});
    EXPECT_EQ(element(page, "NextMarker"), "boo/");
    EXPECT_EQ(element(page, "Marker"), "asdf");
    page = list("delimiter=%2F&max-keys=1&marker=boo%2F");
    EXPECT_EQ(common_prefixes(page), texts{"cquux/"});
    EXPECT_EQ(element(page, "IsTruncated"), "false");
    EXPECT_EQ(element(page, "NextMarker"), "");

    page = list("delimiter=%2F&prefix=boo%2F");
    EXPECT_EQ(keys(page), texts{"boo/bar"});
    EXPECT_EQ(common_prefixes(page), texts{"boo/baz/"});

    page = list("max-keys=2");
    EXPECT_EQ(keys(page), (texts{"asdf", "boo/bar"}));
    EXPECT_EQ(page.find("NextMarker"), std::string::npos);
    EXPECT_EQ(list("delimiter=").find("Delimiter"), std::string::npos);
}

TEST_F(listing, tokens_of_the_second_version) {
    put_all({"a", "b/1", "b/2", "c", "d"});
    texts seen;
    std::string token;
    for (int pages = 0; pages < 10; ++pages) {
        const auto page = list(
            "list-type=2&delimiter=%2F&max-keys=1" +
            (token.empty() ? "" : "&continuation-token=" + percent_encode(token, keep_slash::no))
        );
        EXPECT_EQ(element(page, "KeyCount"), "1");
        EXPECT_EQ(element(page, "ContinuationToken"), token);
        for (const auto& key : keys(page))
            seen.push_back(key);
        for (const auto& prefix : common_prefixes(page))
            seen.push_back(prefix);
        token = element(page, "NextContinuationToken");
        if (token.empty())
            break;
    }
    EXPECT_EQ(seen, (texts{"a", "b/", "c", "d"}));

    const auto after = list("list-type=2&start-after=b%2F1&max-keys=1");
    EXPECT_EQ(keys(after), texts{"b/2"});
    EXPECT_EQ(element(after, "StartAfter"), "b/1");
    const auto next = percent_encode(element(after, "NextContinuationToken"), keep_slash::no);
    const auto both = list("list-type=2&start-after=b%2F1&continuation-token=" + next);
    EXPECT_EQ(keys(both), (texts{"c", "d"}));
    EXPECT_EQ(element(both, "StartAfter"), "b/1");
}

TEST_F(listing, bad_arguments) {
    for (const auto query :
         {"max-keys=blah",
          "max-keys=-1",
          "max-keys=2147483648",
          "encoding-type=base64",
          "list-type=2&max-keys=x",
          "list-type=2&continuation-token=",
          "list-type=2&continuation-token=%21",
          "list-type=3",
          "versions&max-keys=x",
          "versions&version-id-marker=1"})
        EXPECT_EQ(outcome(s3.send(std::string("GET /bkt?") + query)), "400 InvalidArgument") << query;
    EXPECT_EQ(outcome(s3.send("GET /no-such")), "404 NoSuchBucket");
    EXPECT_EQ(outcome(s3.send("GET /no-such?list-type=2")), "404 NoSuchBucket");
}

TEST_F(listing, page_sizes) {
    put_all({"a", "b"});
    const auto none = list("max-keys=0");
    EXPECT_EQ(keys(none), texts{});
    EXPECT_EQ(element(none, "IsTruncated"), "false");
    EXPECT_EQ(element(none, "MaxKeys"), "0");
    EXPECT_EQ(element(list("list-type=2&max-keys=0"), "KeyCount"), "0");
    EXPECT_EQ(element(list("max-keys=5000"), "MaxKeys"), "1000");
    EXPECT_EQ(element(list("max-keys="), "MaxKeys"), "1000");
}

TEST_F(listing, url_encoding) {
    put_all({"asdf+b", "foo+1/bar", "foo/bar", "quux ab/thud"});
    const auto page = list("delimiter=%2F&encoding-type=url");
    EXPECT_EQ(element(page, "EncodingType"), "url");
    EXPECT_EQ(element(page, "Delimiter"), "/");
    EXPECT_EQ(keys(page), texts{"asdf%2Bb"});
    EXPECT_EQ(common_prefixes(page), (texts{"foo%2B1/", "foo/", "quux%20ab/"}));
    EXPECT_EQ(element(list("encoding-type=url&marker=foo%2B1%2Fbar"), "Marker"), "foo%2B1/bar");
    EXPECT_EQ(element(list("list-type=2&encoding-type=url&start-after=a%20b"), "StartAfter"), "a%20b");
}

TEST_F(listing, keys_that_xml_cannot_hold) {
    s3.put("%01<&>%0D%EF%BF%BE", "x");
    EXPECT_EQ(keys(list("")), texts{"&#x1;&lt;&amp;&gt;&#xD;&#xFFFE;"});
    EXPECT_EQ(keys(list("encoding-type=url")), texts{"%01%3C%26%3E%0D%EF%BF%BE"});
}

TEST_F(listing, versions_of_an_unversioned_bucket) {
    put_all({"a", "b/1", "b/2", "c"});
    const auto all = list("versions");
    EXPECT_EQ(keys(all), (texts{"a", "b/1", "b/2", "c"}));
    EXPECT_EQ(elements(all, "VersionId"), (texts{"null", "null", "null", "null"}));
    EXPECT_EQ(element(all, "IsLatest"), "true");
    const auto first = list("versions&max-keys=1");
    EXPECT_EQ(element(first, "NextKeyMarker"), "a");
    EXPECT_EQ(element(first, "NextVersionIdMarker"), "null");
    const auto rest = list("versions&key-marker=a&version-id-marker=null&delimiter=%2F");
    EXPECT_EQ(keys(rest), texts{"c"});
    EXPECT_EQ(common_prefixes(rest), texts{"b/"});
}

TEST(ListObjects, AnAnswerPastTheMemoryForDocumentsIsRefused) {
    options settings;
    settings.document_memory_bytes_max = 20 * KiB;
    s3_fixture s3(settings);
    s3.make_bucket();
    for (char name = 'a'; name <= 'z'; ++name)
        s3.put(std::string(1000, name), "x");
    EXPECT_EQ(s3.send("GET /bkt?list-type=2&max-keys=1")->status(), 200U);
    EXPECT_EQ(outcome(s3.send("GET /bkt?list-type=2")), "503 SlowDown");
    EXPECT_EQ(s3.server.documents().refused(), 1U);
    EXPECT_EQ(s3.server.documents().used(), 0U);
    const std::string blanks(20'000, ' ');
    EXPECT_EQ(
        outcome(s3.send("POST /bkt?delete\nContent-MD5: " + base64_md5(blanks), blanks)), "503 SlowDown"
    );
    EXPECT_EQ(s3.server.documents().used(), 0U);
}

}  // namespace
}  // namespace labstore::s3
