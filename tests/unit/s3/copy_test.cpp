#include "s3_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::s3 {
namespace {

class copy : public ::testing::Test {
  protected:
    void SetUp() override {
        s3.make_bucket();
        etag = s3.put(
            "source",
            "body",
            "Content-Type: text/plain\nx-amz-meta-a: 1\nx-amz-tagging: t=1\nx-amz-storage-class: GLACIER\n"
        );
    }

    s3_fixture::answer copy_to(const std::string& key, const std::string& lines) {
        return s3.send("PUT /bkt/" + key + "\nx-amz-copy-source: /bkt/source\n" + lines);
    }

    s3_fixture s3;
    std::string etag;
};

TEST_F(copy, keeps_metadata_and_tags) {
    const auto answer = copy_to("target", "x-amz-meta-a: ignored\n");
    EXPECT_EQ(answer->status(), 200U) << answer->body();
    EXPECT_EQ(element(answer->body(), "ETag"), "&quot;" + etag + "&quot;");
    EXPECT_FALSE(element(answer->body(), "ChecksumCRC64NVME").empty());
    EXPECT_EQ(element(answer->body(), "ChecksumType"), "FULL_OBJECT");
    EXPECT_TRUE(parse_iso8601(element(answer->body(), "LastModified")));
    const auto got = s3.send("GET /bkt/target");
    EXPECT_EQ(got->body(), "body");
    EXPECT_EQ(got->header("Content-Type"), "text/plain");
    EXPECT_EQ(got->header("x-amz-meta-a"), "1");
    EXPECT_EQ(got->header("x-amz-tagging-count"), "1");
    EXPECT_FALSE(got->header("x-amz-storage-class"));
}

TEST_F(copy, replaces_metadata_and_tags) {
    EXPECT_EQ(
        copy_to(
            "target",
            "x-amz-metadata-directive: REPLACE\nx-amz-tagging-directive: REPLACE\nx-amz-meta-b: 2\n"
            "Content-Type: a/b\n"
        )
            ->status(),
        200U
    );
    const auto got = s3.send("HEAD /bkt/target");
    EXPECT_EQ(got->header("Content-Type"), "a/b");
    EXPECT_FALSE(got->header("x-amz-meta-a"));
    EXPECT_EQ(got->header("x-amz-meta-b"), "2");
    EXPECT_FALSE(got->header("x-amz-tagging-count"));
    EXPECT_EQ(outcome(copy_to("target", "x-amz-metadata-directive: WHAT\n")), "400 InvalidArgument");
    EXPECT_EQ(outcome(copy_to("target", "x-amz-tagging-directive: WHAT\n")), "400 InvalidArgument");
}

TEST_F(copy, onto_itself_must_change_something) {
    EXPECT_EQ(outcome(copy_to("source", "x-amz-storage-class: GLACIER\n")), "400 InvalidRequest");
    EXPECT_EQ(copy_to("source", "x-amz-storage-class: STANDARD_IA\n")->status(), 200U);
    EXPECT_EQ(copy_to("source", "x-amz-storage-class: STANDARD\n")->status(), 200U);
    EXPECT_FALSE(s3.send("HEAD /bkt/source")->header("x-amz-storage-class"));
    EXPECT_EQ(outcome(copy_to("source", "")), "400 InvalidRequest");
    EXPECT_EQ(outcome(copy_to("source", "x-amz-storage-class: STANDARD\n")), "400 InvalidRequest");
    EXPECT_EQ(copy_to("source", "x-amz-metadata-directive: REPLACE\nx-amz-meta-c: 3\n")->status(), 200U);
    EXPECT_EQ(s3.send("HEAD /bkt/source")->header("x-amz-meta-c"), "3");
}

TEST_F(copy, onto_itself_takes_every_kind_of_change) {
    const auto self = "PUT /bkt/o\nx-amz-copy-source: bkt/o\n";
    s3.put("o", "body", "x-amz-website-redirect-location: /elsewhere\nx-amz-tagging: t=1\n");
    EXPECT_EQ(s3.send(self)->status(), 200U) << "a redirect is never copied";
    EXPECT_FALSE(s3.send("HEAD /bkt/o")->header("x-amz-website-redirect-location"));
    EXPECT_EQ(outcome(s3.send(self)), "400 InvalidRequest");
    const std::string tags_only = std::string(self) + "x-amz-tagging-directive: REPLACE\nx-amz-tagging: ";
    EXPECT_EQ(s3.send(tags_only + "a=1&b=2")->status(), 200U);
    EXPECT_EQ(s3.send("HEAD /bkt/o")->header("x-amz-tagging-count"), "2");
    const auto checksum = s3.send(std::string(self) + "x-amz-checksum-algorithm: SHA256");
    EXPECT_EQ(checksum->status(), 200U);
    EXPECT_EQ(
        element(checksum->body(), "ChecksumSHA256"),
        base64_checksum(crypto::checksum_algorithm::sha256, "body")
    );
    EXPECT_EQ(s3.send("GET /bkt/o")->body(), "body");
}

TEST_F(copy, conditions) {
    const auto quoted = '"' + etag + '"';
    EXPECT_EQ(
        outcome(copy_to("t", "x-amz-copy-source-if-none-match: " + quoted + '\n')), "412 PreconditionFailed"
    );
    EXPECT_EQ(outcome(copy_to("t", "x-amz-copy-source-if-match: \"other\"\n")), "412 PreconditionFailed");
    EXPECT_EQ(
        outcome(copy_to("t", "x-amz-copy-source-if-modified-since: Sat, 29 Oct 2094 19:43:31 GMT\n")),
        "412 PreconditionFailed"
    );
    EXPECT_EQ(
        outcome(copy_to("t", "x-amz-copy-source-if-unmodified-since: Sat, 29 Oct 1994 19:43:31 GMT\n")),
        "412 PreconditionFailed"
    );
    EXPECT_EQ(copy_to("t", "x-amz-copy-source-if-match: " + quoted + '\n')->status(), 200U);
    EXPECT_EQ(outcome(copy_to("t", "If-None-Match: *\n")), "412 PreconditionFailed");
}

TEST_F(copy, sources_that_are_not_there) {
    const auto from = [&](const std::string& source) {
        return outcome(s3.send("PUT /bkt/t\nx-amz-copy-source: " + source));
    };
    EXPECT_EQ(from("bkt/missing"), "404 NoSuchKey");
    EXPECT_EQ(from("no-such/k"), "404 NoSuchBucket");
    EXPECT_EQ(from("bkt"), "400 InvalidArgument");
    EXPECT_EQ(from("bkt/%zz"), "400 InvalidArgument");
}

TEST_F(copy, of_a_stranger_is_refused) {
    ASSERT_EQ(s3.send("PUT /theirs\nx-test-stranger: 1")->status(), 200U);
    ASSERT_EQ(s3.send("PUT /theirs/k\nx-test-stranger: 1", "x")->status(), 200U);
    EXPECT_EQ(outcome(s3.send("PUT /bkt/t\nx-amz-copy-source: theirs/k")), "403 AccessDenied");
    EXPECT_EQ(outcome(copy_to("t", "x-amz-source-expected-bucket-owner: nobody\n")), "403 AccessDenied");
}

TEST_F(copy, another_checksum) {
    const auto answer = copy_to("t", "x-amz-checksum-algorithm: SHA256\n");
    EXPECT_EQ(
        element(answer->body(), "ChecksumSHA256"), base64_checksum(crypto::checksum_algorithm::sha256, "body")
    );
    EXPECT_EQ(outcome(copy_to("t", "x-amz-checksum-algorithm: MD4\n")), "400 InvalidRequest");
}

}  // namespace
}  // namespace labstore::s3
