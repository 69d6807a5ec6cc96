// Versioning as S3's clients see it: documents, headers, refusals.
#include "s3_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::s3 {
namespace {

using texts = std::vector<std::string>;

std::string versioning(const std::string& content) {
    return "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + content +
           "</VersioningConfiguration>";
}

class versioning_calls : public testing::Test {
  protected:
    void SetUp() override { s3.make_bucket(); }

    s3_fixture::answer set(const std::string& content, const std::string& header_lines = {}) {
        return s3.send("PUT /bkt?versioning" + header_lines, versioning(content));
    }

    void enable() { ASSERT_EQ(set("<Status>Enabled</Status>")->status(), 200U); }

    std::string put(const std::string& key, const std::string& body) {
        const auto answer = s3.send("PUT /bkt/" + key, body);
        EXPECT_EQ(answer->status(), 200U);
        return std::string(answer->header("x-amz-version-id").value_or(""));
    }

    std::string status() { return element(s3.send("GET /bkt?versioning")->body(), "Status"); }

    s3_fixture s3;
};

TEST_F(versioning_calls, states) {
    EXPECT_EQ(status(), "");
    EXPECT_EQ(put("k", "x"), "");
    enable();
    EXPECT_EQ(status(), "Enabled");
    EXPECT_EQ(set("<Status>Suspended</Status><MfaDelete>Disabled</MfaDelete>")->status(), 200U);
    EXPECT_EQ(status(), "Suspended");
    EXPECT_EQ(put("k", "x"), "") << "of a null version";
    EXPECT_EQ(s3.send("GET /bkt/k")->header("x-amz-version-id"), "null");
    EXPECT_EQ(
        outcome(s3.send("PUT /none?versioning", versioning("<Status>Enabled</Status>"))), "404 NoSuchBucket"
    );
}

TEST_F(versioning_calls, documents_that_are_refused) {
    EXPECT_EQ(outcome(set("")), "400 IllegalVersioningConfigurationException");
    EXPECT_EQ(outcome(set("<MfaDelete>Disabled</MfaDelete>")), "400 IllegalVersioningConfigurationException");
    EXPECT_EQ(outcome(set("<Status>enabled</Status>")), "400 MalformedXML");
    EXPECT_EQ(outcome(set("<Status>Enabled</Status><MfaDelete>Yes</MfaDelete>")), "400 MalformedXML");
    EXPECT_EQ(outcome(set("<State>Enabled</State>")), "400 MalformedXML");
    EXPECT_EQ(outcome(s3.send("PUT /bkt?versioning", "")), "400 MalformedXML");
    EXPECT_EQ(outcome(s3.send("PUT /bkt?versioning", "<Versioning/>")), "400 MalformedXML");
    EXPECT_EQ(outcome(set("<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>")), "403 AccessDenied");
    EXPECT_EQ(outcome(set("<Status>Enabled</Status>", "\nx-amz-mfa: device 123456")), "403 AccessDenied");
    EXPECT_EQ(status(), "");
}

TEST_F(versioning_calls, reads_say_which_version) {
    enable();
    const auto first = put("k", "one");
    const auto second = put("k", "other");
    ASSERT_EQ(first.size(), 32U);
    for (const std::string method : {"GET", "HEAD"}) {
        EXPECT_EQ(s3.send(method + " /bkt/k")->header("x-amz-version-id"), second);
        const auto older = s3.send(method + " /bkt/k?versionId=" + first);
        EXPECT_EQ(older->header("x-amz-version-id"), first);
        EXPECT_EQ(older->header("ETag"), '"' + storage::md5_hex("one") + '"');
    }
    const auto attributes =
        s3.send("GET /bkt/k?attributes&versionId=" + first + "\nx-amz-object-attributes: ObjectSize");
    EXPECT_EQ(attributes->header("x-amz-version-id"), first);
    EXPECT_EQ(element(attributes->body(), "ObjectSize"), "3");
    EXPECT_EQ(s3.send("GET /bkt/k?tagging&versionId=" + first)->header("x-amz-version-id"), first);
    EXPECT_EQ(s3.send("GET /bkt/k?acl&versionId=" + first)->status(), 200U);
    const auto missing = s3.send("GET /bkt/k?versionId=" + std::string(32, '1'));
    EXPECT_EQ(outcome(missing), "404 NoSuchVersion");
    EXPECT_EQ(element(missing->body(), "Key"), "k");
    EXPECT_EQ(element(missing->body(), "VersionId"), std::string(32, '1'));
    EXPECT_FALSE(missing->header("x-amz-delete-marker"));
}

TEST_F(versioning_calls, delete_markers) {
    enable();
    put("k", "one");
    const auto hidden = s3.send("DELETE /bkt/k");
    EXPECT_EQ(hidden->status(), 204U);
    EXPECT_EQ(hidden->header("x-amz-delete-marker"), "true");
    const std::string marker(hidden->header("x-amz-version-id").value_or(""));
    ASSERT_EQ(marker.size(), 32U);
    for (const std::string what : {"", "?tagging", "?acl", "?attributes\nx-amz-object-attributes: ETag"}) {
        const auto gone = s3.send("GET /bkt/k" + what);
        EXPECT_EQ(outcome(gone), "404 NoSuchKey") << what;
        EXPECT_EQ(gone->header("x-amz-delete-marker"), "true") << what;
        EXPECT_EQ(gone->header("x-amz-version-id"), marker) << what;
    }
    EXPECT_EQ(s3.send("HEAD /bkt/k")->header("x-amz-delete-marker"), "true");
    const auto refused = s3.send("GET /bkt/k?versionId=" + marker);
    EXPECT_EQ(outcome(refused), "405 MethodNotAllowed");
    EXPECT_EQ(refused->header("x-amz-delete-marker"), "true");
    EXPECT_EQ(refused->header("Allow"), "DELETE");
    EXPECT_TRUE(refused->header("Last-Modified"));
    EXPECT_EQ(s3.send("HEAD /bkt/k?versionId=" + marker)->status(), 405U);
    EXPECT_EQ(outcome(s3.send("PUT /bkt/c\nx-amz-copy-source: bkt/k")), "404 NoSuchKey");
    EXPECT_EQ(
        outcome(s3.send("PUT /bkt/c\nx-amz-copy-source: bkt/k?versionId=" + marker)), "400 InvalidRequest"
    );
    const auto never = s3.send("GET /bkt/never");
    EXPECT_EQ(outcome(never), "404 NoSuchKey");
    EXPECT_FALSE(never->header("x-amz-delete-marker"));
    const auto shown = s3.send("DELETE /bkt/k?versionId=" + marker);
    EXPECT_EQ(shown->status(), 204U);
    EXPECT_EQ(shown->header("x-amz-delete-marker"), "true");
    EXPECT_EQ(shown->header("x-amz-version-id"), marker);
    EXPECT_EQ(s3.send("GET /bkt/k")->body(), "one");
}

TEST_F(versioning_calls, many_deletes) {
    enable();
    const auto version = put("k", "one");
    const auto answer = s3.send(
        "POST /bkt?delete\nContent-MD5: " +
            base64_md5(
                "<Delete><Object><Key>k</Key></Object><Object><Key>k</Key><VersionId>" + version +
                "</VersionId></Object></Delete>"
            ),
        "<Delete><Object><Key>k</Key></Object><Object><Key>k</Key><VersionId>" + version +
            "</VersionId></Object></Delete>"
    );
    ASSERT_EQ(answer->status(), 200U);
    EXPECT_EQ(elements(answer->body(), "DeleteMarker"), texts{"true"});
    const auto marker = element(answer->body(), "DeleteMarkerVersionId");
    EXPECT_EQ(marker.size(), 32U);
    EXPECT_EQ(elements(answer->body(), "VersionId"), texts{version});
    const auto left = s3.send("GET /bkt?versions")->body();
    EXPECT_EQ(elements(left, "VersionId"), texts{marker});
    EXPECT_EQ(elements(left, "IsLatest"), texts{"true"});
    EXPECT_EQ(outcome(s3.send("DELETE /bkt")), "409 BucketNotEmpty");
}

TEST_F(versioning_calls, listing) {
    put("a", "null");
    enable();
    const auto second = put("a", "22");
    const auto marker = std::string(*s3.send("DELETE /bkt/a")->header("x-amz-version-id"));
    const auto other = put("b/c", "x");
    const auto all = s3.send("GET /bkt?versions")->body();
    EXPECT_EQ(elements(all, "VersionId"), (texts{marker, second, "null", other}));
    EXPECT_EQ(elements(all, "IsLatest"), (texts{"true", "false", "false", "true"}));
    EXPECT_EQ(elements(all, "Size"), (texts{"2", "4", "1"}));
    EXPECT_LT(all.find("<DeleteMarker>"), all.find("<Version>"));
    const auto hidden = element(all, "DeleteMarker");
    EXPECT_EQ(element(hidden, "Key"), "a");
    EXPECT_NE(element(hidden, "LastModified"), "");
    EXPECT_NE(element(hidden, "Owner"), "");
    EXPECT_EQ(element(hidden, "ETag"), "");
    const auto page = s3.send("GET /bkt?versions&max-keys=2")->body();
    EXPECT_EQ(element(page, "NextKeyMarker"), "a");
    EXPECT_EQ(element(page, "NextVersionIdMarker"), second);
    const auto rest =
        s3.send("GET /bkt?versions&delimiter=%2F&key-marker=a&version-id-marker=" + second)->body();
    EXPECT_EQ(elements(rest, "VersionIdMarker"), texts{second});
    EXPECT_EQ(elements(rest, "VersionId"), texts{"null"});
    EXPECT_EQ(element(element(rest, "CommonPrefixes"), "Prefix"), "b/");
    EXPECT_EQ(
        outcome(s3.send("GET /bkt?versions&key-marker=a&version-id-marker=foo")), "400 InvalidArgument"
    );
    EXPECT_EQ(outcome(s3.send("GET /bkt?versions&version-id-marker=" + second)), "400 InvalidArgument");
}

TEST_F(versioning_calls, copies_and_uploads) {
    enable();
    const auto first = put("k", "one");
    put("k", "two");
    const auto copy = s3.send("PUT /bkt/c\nx-amz-copy-source: bkt/k?versionId=" + first);
    ASSERT_EQ(copy->status(), 200U);
    EXPECT_EQ(copy->header("x-amz-copy-source-version-id"), first);
    EXPECT_EQ(copy->header("x-amz-version-id")->size(), 32U);
    const auto id = s3.create_upload("m");
    const auto part =
        s3.send("PUT /bkt/m?partNumber=1&uploadId=" + id + "\nx-amz-copy-source: bkt/k?versionId=" + first);
    ASSERT_EQ(part->status(), 200U);
    EXPECT_EQ(part->header("x-amz-copy-source-version-id"), first);
    const auto done = s3.complete("m", id, {'"' + storage::md5_hex("one") + '"'});
    ASSERT_EQ(done->status(), 200U);
    EXPECT_EQ(done->header("x-amz-version-id")->size(), 32U);
    EXPECT_EQ(s3.send("GET /bkt/m")->body(), "one");
}

}  // namespace
}  // namespace labstore::s3
