// Tags of objects and of buckets.
#include "s3_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::s3 {
namespace {

using texts = std::vector<std::string>;

std::string tagging(const std::vector<std::pair<std::string, std::string>>& tags) {
    std::string out = "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet>";
    for (const auto& [key, value] : tags)
        out += "<Tag><Key>" + key + "</Key><Value>" + value + "</Value></Tag>";
    return out + "</TagSet></Tagging>";
}

std::vector<std::pair<std::string, std::string>> many(int count) {
    std::vector<std::pair<std::string, std::string>> tags;
    for (int i = 0; i < count; ++i)
        tags.emplace_back("k" + std::to_string(i), "v");
    return tags;
}

class tags : public testing::Test {
  protected:
    void SetUp() override {
        s3.make_bucket();
        s3.put("k", "body", "x-amz-tagging: old=1");
    }

    s3_fixture s3;
};

TEST_F(tags, of_an_object) {
    EXPECT_EQ(s3.send("PUT /bkt/k?tagging", tagging({{"a", "1 &amp; 2"}, {"b", ""}}))->status(), 400U)
        << "an ampersand is no character of a tag";
    ASSERT_EQ(s3.send("PUT /bkt/k?tagging", tagging({{"a", "1 + 2"}, {"b", ""}}))->status(), 200U);
    const auto shown = s3.send("GET /bkt/k?tagging")->body();
    EXPECT_EQ(elements(shown, "Key"), (texts{"a", "b"}));
    EXPECT_EQ(elements(shown, "Value"), (texts{"1 + 2", ""}));
    EXPECT_EQ(s3.send("HEAD /bkt/k")->header("x-amz-tagging-count"), "2");
    const auto copied = s3.send("PUT /bkt/c\nx-amz-copy-source: bkt/k");
    EXPECT_EQ(elements(s3.send("GET /bkt/c?tagging")->body(), "Key"), (texts{"a", "b"}));
    ASSERT_EQ(
        s3.send("PUT /bkt/c\nx-amz-copy-source: bkt/k\nx-amz-tagging-directive: REPLACE\nx-amz-tagging: c=3")
            ->status(),
        200U
    );
    EXPECT_EQ(elements(s3.send("GET /bkt/c?tagging")->body(), "Key"), texts{"c"});
    EXPECT_EQ(s3.send("DELETE /bkt/k?tagging")->status(), 204U);
    EXPECT_TRUE(elements(s3.send("GET /bkt/k?tagging")->body(), "Key").empty());
    EXPECT_FALSE(s3.send("HEAD /bkt/k")->header("x-amz-tagging-count"));
    EXPECT_EQ(s3.send("GET /bkt/k")->body(), "body");
    EXPECT_EQ(outcome(s3.send("PUT /bkt/missing?tagging", tagging({}))), "404 NoSuchKey");
    EXPECT_EQ(outcome(s3.send("DELETE /bkt/missing?tagging")), "404 NoSuchKey");
}

TEST_F(tags, of_a_version) {
    ASSERT_EQ(
        s3.send(
              "PUT /bkt?versioning",
              "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        )
            ->status(),
        200U
    );
    s3.put("k", "newer");
    const auto done = s3.send("PUT /bkt/k?tagging&versionId=null", tagging({{"a", "1"}}));
    ASSERT_EQ(done->status(), 200U);
    EXPECT_EQ(done->header("x-amz-version-id"), "null");
    EXPECT_EQ(elements(s3.send("GET /bkt/k?tagging&versionId=null")->body(), "Key"), texts{"a"});
    EXPECT_TRUE(elements(s3.send("GET /bkt/k?tagging")->body(), "Key").empty());
    const auto cleared = s3.send("DELETE /bkt/k?tagging&versionId=null");
    EXPECT_EQ(cleared->status(), 204U);
    EXPECT_EQ(cleared->header("x-amz-version-id"), "null");
    const std::string marker(*s3.send("DELETE /bkt/k")->header("x-amz-version-id"));
    const auto hidden = s3.send("PUT /bkt/k?tagging", tagging({}));
    EXPECT_EQ(outcome(hidden), "404 NoSuchKey");
    EXPECT_EQ(hidden->header("x-amz-delete-marker"), "true");
    EXPECT_EQ(outcome(s3.send("DELETE /bkt/k?tagging&versionId=" + marker)), "405 MethodNotAllowed");
}

TEST_F(tags, that_are_refused) {
    for (const std::string path : {"/bkt/k?tagging", "/bkt?tagging"}) {
        const auto put = [&](const std::string& document) {
            return outcome(s3.send("PUT " + path, document));
        };
        EXPECT_EQ(put(tagging({{"a", "1"}, {"a", "2"}})), "400 InvalidTag");
        EXPECT_EQ(put(tagging({{"", "1"}})), "400 InvalidTag");
        EXPECT_EQ(put(tagging({{"aws:a", "1"}})), "400 InvalidTag");
        EXPECT_EQ(put(tagging({{"a!", "1"}})), "400 InvalidTag");
        EXPECT_EQ(put(tagging({{std::string(129, 'a'), "1"}})), "400 InvalidTag");
        EXPECT_EQ(put(tagging({{"a", std::string(257, 'b')}})), "400 InvalidTag");
        EXPECT_EQ(put("<Tagging/>"), "400 MalformedXML");
        EXPECT_EQ(put("<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>"), "400 MalformedXML");
        EXPECT_EQ(put("<Tagging><TagSet><Tug/></TagSet></Tagging>"), "400 MalformedXML");
        EXPECT_EQ(put("<Tags/>"), "400 MalformedXML");
        EXPECT_EQ(put("<Tagging>"), "400 MalformedXML");
    }
    EXPECT_EQ(outcome(s3.send("PUT /bkt/k?tagging", tagging(many(11)))), "400 InvalidTag");
    EXPECT_EQ(s3.send("PUT /bkt/k?tagging", tagging(many(10)))->status(), 200U);
    EXPECT_EQ(outcome(s3.send("PUT /bkt?tagging", tagging(many(51)))), "400 InvalidTag");
    EXPECT_EQ(s3.send("PUT /bkt?tagging", tagging(many(50)))->status(), 204U);
    EXPECT_EQ(
        s3.send("PUT /bkt/k?tagging", tagging({{std::string(128, 'a'), std::string(256, 'b')}}))->status(),
        200U
    );
}

TEST_F(tags, of_a_bucket) {
    EXPECT_EQ(outcome(s3.send("GET /bkt?tagging")), "404 NoSuchTagSet");
    ASSERT_EQ(s3.send("PUT /bkt?tagging", tagging({{"team", "films"}}))->status(), 204U);
    const auto shown = s3.send("GET /bkt?tagging")->body();
    EXPECT_EQ(elements(shown, "Key"), texts{"team"});
    EXPECT_EQ(elements(shown, "Value"), texts{"films"});
    EXPECT_EQ(s3.send("DELETE /bkt?tagging")->status(), 204U);
    EXPECT_EQ(outcome(s3.send("GET /bkt?tagging")), "404 NoSuchTagSet");
    EXPECT_EQ(s3.send("DELETE /bkt?tagging")->status(), 204U) << "what is not there is removed already";
    EXPECT_EQ(outcome(s3.send("PUT /none?tagging", tagging({}))), "404 NoSuchBucket");
}

}  // namespace
}  // namespace labstore::s3
