#include "s3/error_table.hpp"

#include "s3_fixture.hpp"

#include <gtest/gtest.h>

#include <set>

namespace labstore::s3 {
namespace {

TEST(error_table, every_errc_has_an_answer) {
    for (int value = 0; value < static_cast<int>(errc::errc_last); ++value) {
        const auto error = static_cast<errc>(value);
        const auto& entry = describe(error);
        EXPECT_EQ(entry.error, error) << errc_name(error);
        EXPECT_FALSE(entry.code.empty()) << errc_name(error);
        EXPECT_FALSE(entry.message.empty()) << errc_name(error);
        EXPECT_TRUE(entry.status == 304 || (entry.status >= 400 && entry.status <= 599)) << errc_name(error);
    }
    EXPECT_EQ(describe(errc::errc_last).code, "InternalError");
}

/// What is not the client's fault says nothing about the inside of the server.
TEST(error_table, own_failures_are_internal_errors) {
    for (const auto error : {errc::corrupt, errc::io_error, errc::fatal, errc::internal, errc::unknown}) {
        EXPECT_EQ(describe(error).status, 500U);
        EXPECT_EQ(describe(error).code, "InternalError");
    }
    EXPECT_EQ(describe(errc::full).status, 507U);
    EXPECT_EQ(describe(errc::slow_down).code, "SlowDown");
    EXPECT_EQ(describe(errc::busy).code, "SlowDown");
}

TEST(error_table, limits_that_aws_has_too) {
    EXPECT_EQ(describe(errc::too_many_buckets).status, 400U);
    EXPECT_EQ(describe(errc::too_many_buckets).code, "TooManyBuckets");
    EXPECT_EQ(
        describe(errc::too_many_parts).message,
        "Part number must be an integer between 1 and 10000, inclusive"
    );
}

TEST(error_table, document) {
    error_detail detail;
    detail.elements.emplace_back("Key", "a<b");
    EXPECT_EQ(
        error_document("NoSuchKey", "It is not there.", detail, "/b/a<b", "REQ", "HOST"),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<Error><Code>NoSuchKey</Code><Message>It is not there.</Message><Key>a&lt;b</Key>"
        "<Resource>/b/a&lt;b</Resource><RequestId>REQ</RequestId><HostId>HOST</HostId></Error>"
    );
}

TEST(error_table, a_document_is_utf8_whatever_is_shown) {
    error_detail detail;
    detail.elements.emplace_back("CanonicalRequest", "a\xFF\xC3 b");
    const auto document = error_document("Code", "caf\xC3\xA9", detail, "/b\x80", "REQ", "HOST");
    EXPECT_EQ(element(document, "CanonicalRequest"), "a?? b");
    EXPECT_EQ(element(document, "Message"), "caf\xC3\xA9");
    EXPECT_EQ(element(document, "Resource"), "/b?");
}

TEST(error_table, keys_that_cannot_be) {
    s3_fixture s3;
    s3.make_bucket();
    const auto too_long = s3.send("GET /bkt/" + std::string(1025, 'a'));
    EXPECT_EQ(outcome(too_long), "400 KeyTooLongError");
    EXPECT_EQ(element(too_long->body(), "Size"), "1025");
    EXPECT_EQ(element(too_long->body(), "MaxSizeAllowed"), "1024");
    EXPECT_EQ(outcome(s3.send("GET /bkt/" + std::string(1024, 'a'))), "404 NoSuchKey");
    EXPECT_EQ(outcome(s3.send("GET /bkt/%ff")), "400 InvalidURI");
    EXPECT_EQ(outcome(s3.send("GET /%ff/k")), "400 InvalidBucketName");
}

TEST(error_table, failures_that_http_met_itself) {
    s3_fixture s3;
    auto [head, body, code] =
        s3.server.make_error(errc::header_too_large, "/bkt/k?X-Amz-Signature=secret", "REQ");
    EXPECT_EQ(head.status(), 400U);
    EXPECT_EQ(element(body, "Code"), "RequestHeaderSectionTooLarge");
    EXPECT_EQ(code, "RequestHeaderSectionTooLarge");
    EXPECT_EQ(element(body, "Resource"), "/bkt/k");
    EXPECT_EQ(body.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace labstore::s3
